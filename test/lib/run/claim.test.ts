/** Which directories a new run may claim, and which of two processes gets one. */
import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { CheckedLines } from '../../../sinks/files/checked-lines.ts'
import { Coordinator } from '../../../lib/coordinator.ts'
import { verifyRun } from '../../../lib/recovery/verify.ts'
import { JOURNAL_FORMAT } from '../../../lib/journal/entries.ts'
import { claimRunDirectory } from '../../../lib/run/claim.ts'
import { RunLock } from '../../../lib/run/lock.ts'
import { resolveWorkflow } from '../../../lib/workflow/resolve.ts'
import type { Topology } from '../../../lib/workflow/topology.ts'

const search: Topology = { containers: () => [{ id: 'c' }], run: () => [{ n: 1 }] }
const workflow = { id: 'run', phases: [{ name: 'only', topology: 'search' }] }
const resolved = resolveWorkflow(workflow)
const header = new CheckedLines().make(
  JSON.stringify({
    type: 'header',
    format: JOURNAL_FORMAT,
    spillway: '0',
    workflowId: 'run',
    at: '',
    after: null,
    repeated: 0,
  }),
)
const SEGMENT = 'journal/00000001.jsonl'

/** Files by path, with slashes; null for a directory. */
type Files = Readonly<Record<string, string | null>>

/** A directory with a run directory that holds `files`. */
function outputWith(t: Test, files: Files): { outputDir: string; run: string } {
  const outputDir = t.testdir()
  const run = join(outputDir, 'run')
  mkdirSync(run)
  for (const [path, content] of Object.entries(files)) {
    const file = join(run, path)
    mkdirSync(content === null ? file : dirname(file), { recursive: true })
    if (content !== null) writeFileSync(file, content)
  }
  return { outputDir, run }
}

const stopped: Readonly<Record<string, Files>> = {
  'with nothing': {},
  'with its lock': { 'run.lock': 'no owner' },
  'with an empty journal': { journal: null },
  'with an empty segment': { [SEGMENT]: '', 'run.lock': 'no owner' },
  'within the header': { [SEGMENT]: header.slice(0, 20) },
  'after the header': { [SEGMENT]: header, 'run.lock': 'no owner' },
  'with a draft of workflow.json': { [SEGMENT]: header, 'workflow.json.draft': '{' },
  'before the line of its workflow': { [SEGMENT]: `${header}{"type":"workf`, 'workflow.json': '{}' },
}

for (const [where, files] of Object.entries(stopped)) {
  t.test(`a run that was stopped ${where} can be run again`, async (t) => {
    const { outputDir, run } = outputWith(t, files)
    const { status } = await new Coordinator({ outputDir, topologies: { search } }).executeWorkflow(workflow)
    t.equal(status, 'completed')
    t.strictSame(readdirSync(run).sort(), ['aggregates.json', 'journal', 'results', 'workflow.json'])
    t.strictSame((await verifyRun(run)).problems, [])
  })
}

const others: Readonly<Record<string, Files>> = {
  'results.txt': { 'results.txt': '' },
  'workflow.json': { 'workflow.json': 'of the user' },
  journal: { [SEGMENT]: '', 'workflow.json': 'of the user' },
  'aggregates.json': { [SEGMENT]: header, 'aggregates.json': '' },
}

for (const [named, files] of Object.entries(others)) {
  t.test(`a directory with ${Object.keys(files).join(' and ')} is left as it was`, async (t) => {
    const { outputDir, run } = outputWith(t, files)
    const error = { code: 'ERR_SPILLWAY_EXISTS', message: `already contains another run (${named})` }
    await t.rejects(claimRunDirectory(outputDir, resolved), error)
    for (const [path, content] of Object.entries(files)) t.equal(readFileSync(join(run, path), 'utf8'), content)
    t.strictSame(readdirSync(run).sort(), [...new Set(Object.keys(files).map((path) => path.split('/')[0]))].sort())
  })
}

t.test('a journal with more than its header, or with more files, is left as it was', async (t) => {
  const { outputDir, run } = outputWith(t, {})
  await new Coordinator({ outputDir, topologies: { search } }).executeWorkflow(workflow)
  for (const name of ['aggregates.json', 'results', 'workflow.json']) rmSync(join(run, name), { recursive: true })
  const before = readFileSync(join(run, SEGMENT))
  const error = { code: 'ERR_SPILLWAY_EXISTS', message: 'already contains another run (journal)' }
  await t.rejects(claimRunDirectory(outputDir, resolved), error)
  t.ok(readFileSync(join(run, SEGMENT)).equals(before))
  truncateSync(join(run, SEGMENT))
  await t.rejects(claimRunDirectory(outputDir, resolved), error, 'the aggregates are there')
})

t.test('of many claims of one directory only one succeeds, also where a run was stopped', async (t) => {
  for (const files of [{}, { journal: null }, { [SEGMENT]: header, 'run.lock': 'no owner' }]) {
    const { outputDir, run } = outputWith(t, files)
    const asked = await Promise.allSettled(Array.from({ length: 10 }, () => claimRunDirectory(outputDir, resolved)))
    const claimed = asked.flatMap((claim) => (claim.status === 'fulfilled' ? [claim.value] : []))
    t.equal(claimed.length, 1)
    for (const claim of asked) if (claim.status === 'rejected') t.match(claim.reason, { code: 'ERR_SPILLWAY_EXISTS' })
    for (const { lock } of claimed) await lock[Symbol.asyncDispose]()
    t.strictSame(readdirSync(run), ['journal'])
  }
})

t.test('the directory of a process that is about to start is not claimed', async (t) => {
  const { outputDir, run } = outputWith(t, { [SEGMENT]: header })
  await using _lock = await RunLock.take(run)
  await t.rejects(claimRunDirectory(outputDir, resolved), { code: 'ERR_SPILLWAY_EXISTS', message: /\(run\.lock\)/ })
  t.equal(readFileSync(join(run, SEGMENT), 'utf8'), header)
})

t.test('a resume of a run that was stopped before it started gives the way out', async (t) => {
  const { outputDir, run } = outputWith(t, { [SEGMENT]: header })
  const coordinator = new Coordinator({ outputDir, topologies: { search } })
  await t.rejects(coordinator.resumeWorkflow(run), { message: 'Run the workflow again with the id "run".' })
  t.match(await coordinator.executeWorkflow(workflow), { status: 'completed', counts: { written: 1 } })
})
