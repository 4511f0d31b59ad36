/**
 * Runs a benchmark. Its contenders take turns (A B A B ...), so that slow periods of the machine affect all of them.
 * Each run is a new process, which does not inherit the heap or the compiled code of another contender. Every output is
 * checked.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Contents } from './bench-case.ts'
import type { ChildReply, ChildTask, Measured, PlannedContender } from './bench-child.ts'
import { describeMachine, type Machine } from './machine.ts'
import { median, spreadOf, type Spread } from './statistics.ts'

/** Options of {@link bench}. */
export interface BenchOptions {
  /**
   * Records per run. A contender with its own number of records gets it scaled in proportion.
   *
   * @default the number of the case
   */
  readonly records?: number
  /** Number of runs of each contender. @default 7 */
  readonly rounds?: number
  /**
   * Runs only the contenders whose names contain one of these texts. The first of them is then the baseline.
   *
   * @default all contenders
   */
  readonly contenders?: readonly string[]
  /** Directory in which the runs create their directories. @default the temporary directory of the operating system */
  readonly directory?: string
}

/** The results of one contender. */
export interface ContenderReport {
  /** Name of the contender. */
  readonly name: string
  /** Whether it is under test. If not, it is there for comparison. */
  readonly isSubject: boolean
  /** Records per run. */
  readonly records: number
  /** Median over the runs. */
  readonly recordsPerSecond: number
  /** Megabytes of its output per second. For a case that reads, of its input. */
  readonly megabytesPerSecond: number
  /** Size of the output in bytes. For a case that reads, of the input. */
  readonly outputBytes: number
  /** Bytes of output per record, relative to the baseline. Above 1 is larger. */
  readonly outputRatio: number
  /** Peak resident memory of the process, the highest of all runs. */
  readonly peakRssBytes: number
  /** Fraction of the time spent in garbage collection, from 0 to 1. Median over the runs. */
  readonly gcShare: number
  /** Maximum delay of the event loop in milliseconds. Median over the runs. */
  readonly loopDelayMs: number
  /** Records per second relative to the baseline, round by round. Above 1 is faster. */
  readonly ratio: Spread
  /** Milliseconds of each run. */
  readonly times: readonly number[]
}

/** The results of a benchmark, and the machine they were measured on. */
export interface BenchReport {
  /** Name of the case. */
  readonly name: string
  /** How many times each contender ran. */
  readonly rounds: number
  /** The output of each contender, by name. It equals the expected one. */
  readonly outputs: Readonly<Record<string, Contents>>
  /** The machine on which the figures were taken. */
  readonly machine: Machine
  /** In the order of the case; the baseline is the first one. */
  readonly contenders: readonly ContenderReport[]
}

/**
 * Runs the benchmark that the module at `caseUrl` exports as `benchCase`.
 *
 * @throws {Error} if a contender fails, if its output is not the expected one, or if `contenders` selects none
 */
export async function bench(caseUrl: URL, options: BenchOptions = {}): Promise<BenchReport> {
  const { rounds = 7, records, contenders: wanted = [''], directory = tmpdir() } = options
  const asked = { caseUrl: caseUrl.href, wanted, ...(records === undefined ? {} : { records }) }
  const plan = await inDirectory(directory, (empty) => runChild({ kind: 'plan', ...asked, directory: empty }))
  if (plan.contenders.length === 0) {
    throw new Error(`No contender of ${plan.name} has a name that contains ${wanted.join(' or ')}`)
  }
  const runs = plan.contenders.map((contender) => ({ contender, measured: [] as Measured[] }))
  for (let round = 0; round < rounds; round++) {
    for (const { contender, measured } of runs) measured.push(await runOnce(caseUrl, contender, directory))
  }
  return {
    name: plan.name,
    rounds,
    outputs: Object.fromEntries(plan.contenders.map(({ name, expected }) => [name, expected])),
    machine: describeMachine(caseUrl, plan.packages),
    contenders: reportContenders(runs),
  }
}

async function runOnce(caseUrl: URL, contender: PlannedContender, parent: string): Promise<Measured> {
  const { name, records, expected } = contender
  const measured = await inDirectory(parent, (directory) =>
    runChild({ kind: 'run', caseUrl: caseUrl.href, contender: name, records, directory }),
  )
  const { rows, checksum } = measured.output
  if (!isDeepStrictEqual({ rows, checksum }, expected)) {
    const [got, wanted] = [JSON.stringify(measured.output), JSON.stringify(expected)]
    throw new Error(`The output of ${name} is wrong, so its time does not count: got ${got}, expected ${wanted}`)
  }
  return measured
}

/** Calls `work` with an empty directory, which is removed afterwards, also after an error. */
async function inDirectory<Result>(parent: string, work: (directory: string) => Promise<Result>): Promise<Result> {
  const directory = await mkdtemp(join(parent, 'spillway-bench-'))
  try {
    return await work(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Runs `task` in a new process, with the same loaders as this one. */
async function runChild<Task extends ChildTask>(task: Task): Promise<Extract<ChildReply, { kind: Task['kind'] }>> {
  const child = fork(new URL(`./bench-child${extname(import.meta.url)}`, import.meta.url), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const exit = once(child, 'exit')
  const reply = once(child, 'message')
  child.send(task)
  const outcome = await Promise.race([reply, exit.then(() => [])])
  await exit
  const [answer] = outcome as [ChildReply?]
  if (answer === undefined)
    throw new Error(`A process of the benchmark ended without a result: ${JSON.stringify(task)}`)
  if (answer.kind === 'failure') throw new Error(`A process of the benchmark failed: ${answer.stack}`)
  return answer as Extract<ChildReply, { kind: Task['kind'] }>
}

interface Runs {
  readonly contender: PlannedContender
  readonly measured: readonly Measured[]
}

function reportContenders(runs: readonly Runs[]): ContenderReport[] {
  const [baseline] = runs
  return runs.map((run) => {
    const { contender, measured } = run
    const { name, isSubject, records } = contender
    const times = measured.map(({ elapsedMs }) => elapsedMs)
    const seconds = median(times) / 1000
    return {
      name,
      isSubject,
      records,
      recordsPerSecond: records / seconds,
      megabytesPerSecond: outputBytes(measured) / 1e6 / seconds,
      outputBytes: outputBytes(measured),
      outputRatio:
        outputBytes(measured) / records / (outputBytes(baseline?.measured ?? []) / baselineRecords(baseline)),
      peakRssBytes: Math.max(...measured.map(({ peakRssBytes }) => peakRssBytes)),
      gcShare: median(measured.map(({ gcMs, elapsedMs }) => gcMs / elapsedMs)),
      loopDelayMs: median(measured.map(({ loopDelayMs }) => loopDelayMs)),
      ratio: spreadOf(times.map((time, round) => records / time / speedOf(baseline, round))),
      times,
    }
  })
}

function baselineRecords(baseline: Runs | undefined): number {
  return baseline?.contender.records ?? NaN
}

/** Records per millisecond in one round. */
function speedOf(baseline: Runs | undefined, round: number): number {
  return baselineRecords(baseline) / (baseline?.measured[round]?.elapsedMs ?? NaN)
}

function outputBytes(measured: readonly Measured[]): number {
  return median(measured.map(({ output }) => output.bytes))
}
