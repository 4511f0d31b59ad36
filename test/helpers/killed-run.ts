/**
 * Runs that are killed repeatedly and resumed until they are complete. Their files must then be the same as those of an
 * undisturbed run.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { Test } from 'tap'
import { readRunState } from '../../lib/journal/reader.ts'
import { verifyRun } from '../../lib/recovery/verify.ts'
import type { CommitUnit } from '../../lib/workflow/types.ts'
import type { Format } from '../../sinks/options.ts'
import { makeRandom } from '../../benchmarks/random.ts'
import { openDuckDb } from '../sinks/parquet/readers.ts'
import { textsIn } from './checked-file.ts'
import { nodeArgs } from './node-process.ts'

/** What a run writes, and how. */
export interface Variant {
  readonly format: Format
  readonly compression?: 'gzip'
  readonly commit: CommitUnit
  readonly resumable: boolean
  /**
   * Records come slowly, and only the time asks for checkpoints. Before each kill the last record is committed, so none is
   * made again. @default false
   */
  readonly slow?: boolean
  /** Each process lists the containers in another order, and the first one does not list all. @default false */
  readonly shuffled?: boolean
}

const CONTAINERS = 8

/** Records of a container; of a slow one, a tenth. */
const RECORDS = 800

const PHASES = ['search', 'refine'] as const

/** Not the whole library, which takes longer to load. */
const coordinator = JSON.stringify(new URL('../../lib/coordinator.ts', import.meta.url).href)
const reader = JSON.stringify(new URL('../../lib/journal/reader.ts', import.meta.url).href)

/**
 * Starts or resumes the run in a directory. It kills itself after `killAt` records. If it ends normally, it prints how
 * many records it has made. With `afterCommit`, the container of the last record waits for a commit in the journal before
 * the kill, while the other containers continue; a slow one, for the commit of its records.
 */
const WORKING = `
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { readRunState } from ${reader}
import { Coordinator } from ${coordinator}
const [outputDir, variant, task] = process.argv.slice(2)
const { format, compression, commit, resumable, slow = false } = JSON.parse(variant)
const { records: RECORDS, order, killAt, afterCommit } = JSON.parse(task)
const hasCommit = async (phase, container, n) => slow ? n === await committedOf(phase, container) : begunCommit()
const committedOf = async (phase, container) => {
  const { watermarks = [] } = (await readRunState(join(outputDir, 'run'))).phase(phase).commit ?? {}
  return watermarks.find(({ id }) => id === container)?.records ?? 0
}
const begunCommit = () => readFileSync(join(outputDir, 'run/journal/00000001.jsonl'), 'utf8').includes('"type":"commit"')
let made = 0
const search = {
  resumable,
  *containers() {
    for (const index of order) yield { id: 'c' + index, config: index }
  },
  async *run({ id, config }, { phase, resumeFrom }) {
    for (let n = resumeFrom; n < RECORDS; n++) {
      if (++made === killAt) {
        while (afterCommit && !(await hasCommit(phase, id, n))) await setImmediate()
        process.kill(process.pid, 'SIGKILL')
      }
      if (slow) await setTimeout(1)
      else if (n % 100 === 0) await setImmediate()
      const metrics = { sharpe_ratio: Math.sin(config * RECORDS + n), profit: n / 7, ...(n % 3 === 0 && { rare: n }) }
      yield { n, text: 'number ' + n, ...(n % 500 === 7 && { refused: () => n }), result: { metrics } }
    }
  },
}
const coordinator = new Coordinator({ outputDir, topologies: { search } })
const results = { format, buffer_size: 100, row_group_rows: 900, ...(compression && { compression }) }
const workflow = {
  id: 'run', concurrency: 3, commit, checkpoint_records: slow ? 1e9 : 400, checkpoint_ms: 20, results,
  phases: [{ name: 'search', topology: 'search' }, { name: 'refine', topology: 'search', depends_on: ['search'] }],
}
const begun = existsSync(join(outputDir, 'run', 'workflow.json'))
const { counts } = await (begun ? coordinator.resumeWorkflow(join(outputDir, 'run')) : coordinator.executeWorkflow(workflow))
console.log(JSON.stringify({ made, counts: { ...counts, phases: undefined } }))
`

/** What a process does. */
interface Task {
  /** Records of a container. */
  readonly records: number
  /** The containers it lists. */
  readonly order: readonly number[]
  /** How many records it makes before it kills itself; without it, it is not killed. */
  readonly killAt?: number
  /** Whether it waits for a commit before that. */
  readonly afterCommit?: boolean
}

/** Counts of a run, as its last process has reported them. */
interface Reported {
  /** Records that the containers have made in it. */
  readonly made: number
  readonly counts: Record<'recordsIn' | 'written' | 'rejected' | 'deduplicated' | 'inFlight', number>
}

/** The result of the rounds. */
interface KilledRuns {
  /** Processes that were killed. */
  readonly kills: number
  /** Kills after which some records of an unfinished phase were already committed. */
  readonly midway: number
}

/** How hard runs are tested. */
interface Thoroughness {
  /** How often a run is killed at most. @default 2 */
  readonly killsEach?: number
  /** By how much containers have more records. @default 1 */
  readonly scale?: number
}

/**
 * Kills and resumes one run a round, and expects its records, aggregates and counts to be those of an undisturbed run.
 * The first round is killed soon after a commit; the first kills of the others are spread over the run.
 */
async function expectResumes(
  t: Test,
  variant: Variant,
  rounds: number,
  { killsEach = 2, scale = 1 }: Thoroughness,
): Promise<KilledRuns> {
  const seed = Number(process.env['KILL_SEED'] ?? Date.now() % 2 ** 31)
  t.comment(`To repeat these kills: KILL_SEED=${seed}`)
  const random = makeRandom(seed)
  const directory = t.testdir()
  const script = join(directory, 'working.mts')
  writeFileSync(script, WORKING)
  const duckdb = await openDuckDb()
  const undisturbed = join(directory, 'undisturbed')
  mkdirSync(undisturbed)
  const { slow = false, shuffled = false } = variant
  const records = (slow ? RECORDS / 10 : RECORDS) * scale
  const all = Array.from({ length: CONTAINERS }, (_, index) => index)
  const whole = (await work(script, undisturbed, variant, { records, order: all })) as Reported
  await readInto(duckdb, 'expected', undisturbed, variant)
  const total = CONTAINERS * records * PHASES.length
  t.equal(whole.counts.recordsIn, total)
  let kills = 0
  let midway = 0
  for (let round = 0; round < rounds; round++) {
    const outputDir = join(directory, `round-${round}`)
    mkdirSync(outputDir)
    let reported: Reported | undefined
    let committed = 0
    for (let left = killsEach; reported === undefined; left--) {
      const isFirst = left === killsEach
      const afterCommit = slow || (isFirst && round === 0)
      const order = shuffled ? shuffle(isFirst ? all.slice(2) : all, random) : all
      // So early that the others make enough for a commit.
      const share = isFirst && round === 0 ? random() / 8 : isFirst ? (round + random()) / rounds : random()
      // The first process ends in the first phase when it does not list all containers of that.
      const within = isFirst && shuffled ? 0.35 : 1
      const killAt = 1 + Math.floor(share * within * (total - committed))
      reported = await work(script, outputDir, variant, { records, order, ...(left > 0 && { killAt, afterCommit }) })
      if (reported !== undefined) break
      kills += 1
      const state = await committedIn(outputDir)
      committed = state.records
      midway += state.isMidway ? 1 : 0
    }
    const label = `${JSON.stringify(variant)}, round ${round}`
    if (variant.resumable && variant.commit === 'records') {
      t.equal(reported.made, total - committed, `${label}: no committed record is made again`)
    }
    const { recordsIn, written, rejected, deduplicated, inFlight } = reported.counts
    t.strictSame([written, rejected, inFlight], [whole.counts.written, whole.counts.rejected, 0], label)
    t.equal(recordsIn, written + rejected + deduplicated)
    await readInto(duckdb, 'actual', outputDir, variant)
    t.equal(await difference(duckdb), 0, `${label}: the same records, with the same number of copies`)
    t.strictSame(
      aggregatesIn(outputDir, shuffled),
      aggregatesIn(undisturbed, shuffled),
      `${label}: the same aggregates`,
    )
    t.strictSame(rejectionsIn(outputDir), rejectionsIn(undisturbed), `${label}: the same rejections`)
    t.strictSame((await verifyRun(join(outputDir, 'run'))).problems, [], `${label}: verified`)
    rmSync(outputDir, { recursive: true })
  }
  return { kills, midway }
}

/** Tests runs that are committed by records and by containers, with the given number of rounds for each variant. */
export function testResumes(
  t: Test,
  variants: readonly (readonly [Variant, rounds: number])[],
  thoroughness: Thoroughness = {},
): void {
  let midway = 0
  for (const [variant, rounds] of variants) {
    void t.test(`committed by ${variant.commit}`, async (t) => {
      const outcome = await expectResumes(t, variant, rounds, thoroughness)
      t.ok(outcome.kills >= rounds, `${outcome.kills} kills`)
      midway += outcome.midway
    })
  }
  void t.test('processes were killed when a part of an unfinished phase was committed', async (t) => {
    t.ok(midway > 0, `${midway} times`)
  })
}

function shuffle(numbers: readonly number[], random: () => number): number[] {
  return numbers
    .map((number) => ({ number, key: random() }))
    .sort((one, other) => one.key - other.key)
    .map(({ number }) => number)
}

/** Undefined when the process was killed. */
async function work(script: string, outputDir: string, variant: Variant, task: Task): Promise<Reported | undefined> {
  const args = [...nodeArgs, script, outputDir, JSON.stringify(variant), JSON.stringify(task)]
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [output] = await Promise.all([text(child.stdout), once(child, 'close')])
  if (child.signalCode === 'SIGKILL') {
    // Killed before the run began: the next process starts from an empty directory.
    const run = join(outputDir, 'run')
    if (existsSync(run) && !existsSync(join(run, 'workflow.json'))) rmSync(run, { recursive: true })
    return undefined
  }
  if (child.exitCode !== 0) throw new Error(`the process ended with ${child.exitCode}`)
  return JSON.parse(output) as Reported
}

/** The number of committed records, and whether some of them belong to a phase that has not ended. */
async function committedIn(outputDir: string): Promise<{ records: number; isMidway: boolean }> {
  const run = join(outputDir, 'run')
  if (!existsSync(run)) return { records: 0, isMidway: false }
  const state = await readRunState(run)
  let records = 0
  let isMidway = false
  for (const phase of PHASES) {
    const { commit, ended } = state.phase(phase)
    const { written = 0, rejected = 0 } = commit?.counts ?? {}
    records += written + rejected
    isMidway ||= ended === undefined && written > 0
  }
  return { records, isMidway }
}

async function readInto(duckdb: DuckDBConnection, table: string, outputDir: string, { format }: Variant) {
  const metrics = ['sharpe_ratio', 'profit', 'rare']
  const columns = metrics.map((name) => (format === 'jsonl' ? `result.metrics.${name}` : `"result.metrics.${name}"`))
  const selected = columns.map((column, place) => `CAST(${column} AS DOUBLE) AS ${metrics[place]}`)
  const parts = join(outputDir, 'run', 'results', '*', '*')
  const reader = {
    jsonl: `read_json('${parts}', format = 'newline_delimited', union_by_name = true)`,
    csv: `read_csv('${parts}', union_by_name = true)`,
    parquet: `read_parquet('${parts}', union_by_name = true)`,
  }[format]
  await duckdb.run(`CREATE OR REPLACE TABLE ${table} AS
    SELECT phase, container, CAST(n AS BIGINT) AS n, text, ${selected.join(', ')} FROM ${reader}`)
}

/** The number of rows that are in only one of the tables, with duplicates. */
async function difference(duckdb: DuckDBConnection): Promise<number> {
  const rows = await duckdb.runAndReadAll(`SELECT count(*)::INTEGER AS n FROM (
    (SELECT * FROM expected EXCEPT ALL SELECT * FROM actual)
    UNION ALL (SELECT * FROM actual EXCEPT ALL SELECT * FROM expected))`)
  return Number(rows.getRowObjects()[0]?.['n'])
}

/** @param shuffled - whether to leave out what depends on the order in which containers are listed */
function aggregatesIn(outputDir: string, shuffled: boolean): string {
  const text = readFileSync(join(outputDir, 'run', 'aggregates.json'), 'utf8')
  const byOrder = new Set(['index', 'first', 'last'])
  const reviver = (key: string, value: unknown) => (byOrder.has(key) ? undefined : value)
  return shuffled ? JSON.stringify(JSON.parse(text, reviver)) : text
}

function rejectionsIn(outputDir: string): string[] {
  const run = join(outputDir, 'run')
  if (!readdirSync(run).includes('dead-letter.jsonl')) return []
  return textsIn(join(run, 'dead-letter.jsonl')).sort()
}
