import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { resultText } from '../../../lib/cli/run/run-report.ts'
import { countText } from '../../../lib/cli/terminal/format-numbers.ts'
import { inspectionText } from '../../../lib/cli/inspection-report.ts'
import { makeDeferred } from '../../../lib/core/deferred.ts'
import type { CommitEntry, JournalEntry } from '../../../lib/journal/entries.ts'
import type { Workflow } from '../../../lib/workflow/types.ts'
import { Coordinator } from '../../../lib/coordinator.ts'
import { inspectRun } from '../../../lib/monitor/inspect-run.ts'
import type { Topology } from '../../../lib/workflow/topology.ts'
import { nodeArgs } from '../../helpers/node-process.ts'
import { untilFile } from '../../helpers/until-file.ts'

const search: Topology = {
  *containers() {
    for (let i = 0; i < 4; i++) yield { id: `c${i}` }
  },
  *run() {
    for (let n = 0; n < 50; n++) yield { n, ...(n >= 40 && { late: n }) }
  },
}

t.test('returns phases, parts, rows, rejections and outputs of a run that has ended', async (t) => {
  const odd: Topology = {
    containers: () => [{ id: 'c' }],
    run: () => [{ n: 1 }, { n: () => 1 }],
    output: () => ({ rows: [{ a: 1 }], note: 'x' }),
  }
  const coordinator = new Coordinator({ outputDir: t.testdir(), topologies: { search, odd } })
  const { directory } = await coordinator.executeWorkflow({
    id: 'run',
    name: 'trial',
    results: { format: 'csv', part_max_rows: 75 },
    phases: [
      { name: 'a', topology: 'search' },
      { name: 'b', topology: 'odd' },
    ],
  })
  const run = await inspectRun(directory)
  t.match(run, { workflowId: 'run', name: 'trial', status: 'completed', error: null, rows: 201, rejected: 1 })
  t.match(run.phases[0], { phase: 'a', status: 'completed', containers: 4, records: 200, rejected: 0, output: null })
  t.strictSame(
    run.phases[0]?.parts.map(({ rows }) => rows),
    [75, 75, 50],
  )
  t.match(run.phases[1], { phase: 'b', rejected: 1, rows: 1, output: { tables: [{ field: 'rows', rowCount: 1 }] } })
  t.equal(
    run.bytes,
    run.phases
      .flatMap(({ parts }) => parts)
      .reduce((sum, { file }) => sum + readFileSync(join(directory, file)).length, 0),
  )
  t.match(run.queries, [/read_csv\('.*\/results\/\*\*\/\*\.csv'/])
  t.equal(run.aggregates?.phases['a']?.count, 200)
})

/** The last commit of phase b in a journal. */
function lastCommit(journal: string): CommitEntry | undefined {
  const lines = existsSync(journal) ? readFileSync(journal, 'utf8').split('\n').slice(0, -1) : []
  const entries = lines.map((line) => JSON.parse(line) as JournalEntry)
  return entries.filter((entry) => entry.type === 'commit').findLast(({ phase }) => phase === 'b')
}

for (const format of ['jsonl', 'parquet'] as const) {
  t.test(`counts what is committed, and says which process holds the run: ${format}`, async (t) => {
    const outputDir = t.testdir()
    const directory = join(outputDir, 'run')
    const workflow: Workflow = {
      id: 'run',
      results: { format },
      phases: [
        { name: 'a', topology: 'quick' },
        { name: 'b', topology: 'slow', depends_on: ['a'] },
        { name: 'c', topology: 'quick', depends_on: ['b'] },
      ],
    }
    const quick: Topology = { containers: () => [{ id: 'c' }], run: () => [{ n: 1 }] }
    const entry = pathToFileURL(join(import.meta.dirname, '../../../lib/index.ts')).href
    writeFileSync(
      join(outputDir, 'run.mjs'),
      `import { Coordinator } from ${JSON.stringify(entry)}
      const quick = { containers: () => [{ id: 'c' }], run: () => [{ n: 1 }] }
      const slow = {
        containers: () => [{ id: 'x' }, { id: 'y' }],
        async *run({ id }) {
          for (let n = 0; n < (id === 'x' ? 20_000 : 10_000); n++) yield { n }
          if (id === 'y') await new Promise((resolve) => setInterval(resolve, 2 ** 30))
        },
      }
      const coordinator = new Coordinator({ outputDir: ${JSON.stringify(outputDir)}, topologies: { quick, slow } })
      await coordinator.executeWorkflow(${JSON.stringify(workflow)})`,
    )
    const child = spawn(process.execPath, [...nodeArgs, join(outputDir, 'run.mjs')])
    const journal = join(directory, 'journal/00000001.jsonl')
    await untilFile(journal, () => lastCommit(journal)?.done.length === 1, child)

    const live = await inspectRun(directory)
    t.match(live, { status: 'unfinished', holder: { pid: child.pid, host: hostname() }, elapsedMs: null })
    t.match(live.phases, [
      { phase: 'a', status: 'completed', containers: 1, containersBegun: 1, records: 1, rejected: 0, rows: 1 },
      { phase: 'b', status: 'unfinished', containers: 1, containersBegun: 2, rejected: 0, elapsedMs: null },
      { phase: 'c', status: 'waiting', containers: null, containersBegun: null, records: null, rows: 0, parts: [] },
    ])
    t.ok((live.phases[1]?.rows ?? 0) >= 20_000)
    t.match(inspectionText(live, 80), new RegExp(`Process ${child.pid} on ${hostname()} holds it`))
    t.match(inspectionText(live, 80), /b +unfinished +1 of 2 +[23]/)

    child.kill('SIGKILL')
    await once(child, 'close')
    const { written } = lastCommit(journal)?.counts ?? { written: 0 }
    const killed = await inspectRun(directory)
    t.match(killed, { status: 'unfinished', holder: null, rows: 1 + written, aggregates: null })
    t.match(killed.phases[1], { containers: 1, containersBegun: 2, records: written, rows: written })
    t.match(inspectionText(killed, 80), `It was interrupted: resume it with \`spillway resume ${directory}\`.`)

    const [begun, gate] = [makeDeferred<void>(), makeDeferred<void>()]
    const slow: Topology = {
      containers: () => [{ id: 'x' }, { id: 'y' }],
      async *run() {
        for (let n = 0; n < 10_000; n++) yield { n }
        begun.resolve()
        await gate.promise
      },
    }
    const coordinator = new Coordinator({ outputDir, topologies: { quick, slow } })
    const resuming = coordinator.resumeWorkflow(directory)
    await begun.promise
    const resumed = await inspectRun(directory)
    t.match(resumed, { status: 'unfinished', holder: { pid: process.pid } })
    t.match(resumed.phases[1], { status: 'unfinished', containers: 1, containersBegun: 2 })
    t.ok((resumed.phases[1]?.rows ?? 0) >= written)
    gate.resolve()
    const result = await resuming
    t.match(result.phases['a'], { records: 1, newRecords: 0 })
    t.match(result.phases['b'], { records: 30_000, newRecords: 30_000 - written })
    t.match(result.phases['c'], { records: 1, newRecords: 1 })
    t.match(resultText(result, 80), /Records this time +In all/)
    t.match(resultText(result, 80), new RegExp(`b +2 +${countText(30_000 - written)} +30,000 `))

    const completed = await inspectRun(directory)
    t.match(completed, { status: 'completed', holder: null, rows: 30_002 })
    t.match(completed.phases[1], { containers: 2, containersBegun: 2, records: 30_000, rows: 30_000 })
    t.notMatch(inspectionText(completed, 80), /spillway resume|holds it/)
  })
}

t.test('rejects a directory that is not a run directory', async (t) => {
  await t.rejects(inspectRun(t.testdir()), { code: 'ERR_SPILLWAY_JOURNAL' })
})
