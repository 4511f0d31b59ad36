/**
 * Processes that receive a second signal while they end. They exit even if a topology hangs, and a resumed run has the
 * same records as an uninterrupted one.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { EXIT_CODES } from '../../lib/cli/terminal/exit-codes.ts'
import { readRunState } from '../../lib/journal/reader.ts'
import { verifyRun } from '../../lib/recovery/verify.ts'
import { nodeArgs } from '../helpers/node-process.ts'
import { untilFile } from '../helpers/until-file.ts'

const CONTAINERS = 3

const STOPPED: readonly (number | null)[] = [EXIT_CODES.interrupted, EXIT_CODES.terminated]

/** While the file `end` does not exist, containers never end or hang, and the output of a phase hangs. */
const TOPOLOGIES = `
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
const file = new URL('end', import.meta.url)
const end = existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined
const alive = setInterval(() => {}, 1e6)
const containers = () => Array.from({ length: ${CONTAINERS} }, (_, config) => ({ id: 'c' + config, config }))
async function* count(config, last) {
  for (let n = 0; n < last; n++) {
    if (n % 100 === 0) await setImmediate()
    yield { n, result: { metrics: { sharpe_ratio: Math.sin(config + n) } } }
  }
  if (end === undefined) await new Promise(() => {})
  clearInterval(alive)
}
export const endless = { containers, run: ({ config }) => count(config, end ?? Infinity) }
export const hanging = { containers, run: ({ config }) => count(config, end ?? 2000) }
export const hangingOutput = {
  containers,
  *run() { for (let n = 0; n < (end ?? 2000); n++) yield { n } },
  async *output() {
    yield { n: 0 }
    writeFileSync(new URL('output-started', import.meta.url), '')
    if (end === undefined) await new Promise(() => {})
    clearInterval(alive)
  },
}
`

interface Ended {
  readonly code: number | null
  readonly stderr: string
}

/** Runs `spillway` in a process of its own, and interrupts it twice when `isDue` settles. */
async function spillway(args: readonly string[], isDue?: (child: ChildProcess) => Promise<void>): Promise<Ended> {
  const main = new URL('../../lib/cli/main.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [...nodeArgs, main, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const stderr = text(child.stderr)
  const closed = once(child, 'close')
  if (isDue !== undefined) {
    await isDue(child)
    // Two that are alike would become one if the process had no time between them.
    child.kill('SIGINT')
    child.kill('SIGTERM')
  }
  await closed
  return { code: child.exitCode, stderr: await stderr }
}

/** How and when a run of one phase is stopped. */
interface Stop {
  readonly topology: string
  /** Number of records of each container. @default more than it has made when it is stopped */
  readonly end?: number
  /** A file in the directory; by default the journal of the run. */
  readonly file?: string
  /** What the file must have in it. */
  readonly due: string
}

/** A run that gets two signals at once, and is resumed. */
async function expectResume(t: Test, { topology, end, file, due }: Stop): Promise<void> {
  const workflow = { id: 'run', concurrency: 2, checkpoint_records: 500, phases: [{ name: 'only', topology }] }
  const directory = t.testdir({ 'topologies.mjs': TOPOLOGIES, 'search.json': JSON.stringify({ workflow }) })
  const run = join(directory, 'run')
  const path = join(directory, file ?? 'run/journal/00000001.jsonl')
  const isDue = () => existsSync(path) && readFileSync(path, 'utf8').includes(due)
  const words = ['--topologies', join(directory, 'topologies.mjs'), '--out', directory, '-q']
  const stopped = await spillway(['run', join(directory, 'search.json'), ...words], (child) =>
    untilFile(path, isDue, child),
  )
  // Which of the two comes first is not for the sender to say.
  t.ok(STOPPED.includes(stopped.code), `exit code ${stopped.code}`)
  t.match(stopped.stderr, /To continue: spillway resume/)

  const { commit } = (await readRunState(run)).phase('only')
  const written = [...rowsOf(run).values()]
  t.equal(commit?.counts.written, written.flat().length, 'all records in the files are committed')
  t.strictSame((await verifyRun(run)).problems, [])
  const last = end ?? 1000 + Math.max(...written.map(({ length }) => length))
  writeFileSync(join(directory, 'end'), String(last))
  t.strictSame(await spillway(['resume', run, '-q']), { code: EXIT_CODES.done, stderr: '' })
  const expected = Array.from({ length: last }, (_, n) => n)
  const resumed = rowsOf(run)
  for (let index = 0; index < CONTAINERS; index++) t.strictSame(resumed.get(`c${index}`), expected)
  t.equal(resumed.size, CONTAINERS)
  t.strictSame((await verifyRun(run)).problems, [])
}

/** The numbers of the records of each container, in the order of the files. */
function rowsOf(run: string): Map<string, number[]> {
  const rows = new Map<string, number[]>()
  for (const part of readdirSync(join(run, 'results/only'))) {
    for (const line of readFileSync(join(run, 'results/only', part), 'utf8')
      .split('\n')
      .slice(0, -1)) {
      const { container, n } = JSON.parse(line) as { container: string; n: number }
      const before = rows.get(container)
      if (before === undefined) rows.set(container, [n])
      else before.push(n)
    }
  }
  return rows
}

t.test('containers that never end', async (t) => {
  await expectResume(t, { topology: 'endless', due: '"type":"commit"' })
})

t.test('containers that hang', async (t) => {
  await expectResume(t, { topology: 'hanging', due: '"rows":4000,' })
})

t.test('an output that hangs', async (t) => {
  await expectResume(t, { topology: 'hangingOutput', end: 2000, file: 'output-started', due: '' })
})
