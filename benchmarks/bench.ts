/**
 * Runs a benchmark: its contenders take turns (A B A B ...), each run in a fresh process, so that neither inherits the
 * other's heap, compiled code or luck of the minute. A time counts only if the output is right.
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
  /** Records per run; a contender with a number of its own gets that in proportion. @default what the case says */
  readonly records?: number
  /** How many times each contender runs. @default 7 */
  readonly rounds?: number
  /** Runs only those contenders whose names contain one of these; the first of them is what the others are compared with. */
  readonly contenders?: readonly string[]
  /** Directory under which the runs write. @default that of the operating system for temporary files */
  readonly directory?: string
}

/** The figures of one contender. */
export interface ContenderReport {
  /** Name of the contender. */
  readonly name: string
  /** Whether the case is about it, rather than having it to compare. */
  readonly isSubject: boolean
  /** Records per run. */
  readonly records: number
  /** Records per second, by the median time of its runs. */
  readonly recordsPerSecond: number
  /** Of its own output, or of its input where the case is about reading. */
  readonly megabytesPerSecond: number
  /** Bytes of output of a run; bytes of input where the case is about reading. */
  readonly outputBytes: number
  /** Bytes of output for each record, relative to those of the baseline; above 1 is larger. */
  readonly outputRatio: number
  /** Greatest resident memory of any run, in bytes. */
  readonly peakRssBytes: number
  /** Part of the time that garbage collection held up the program, from 0 to 1. */
  readonly gcShare: number
  /** How late the event loop came to its timers, at worst. */
  readonly loopDelayMs: number
  /** Records per second relative to the baseline, round by round; above 1 is faster. */
  readonly ratio: Spread
  /** Milliseconds of each run. */
  readonly times: readonly number[]
}

/** The figures of a benchmark, with where they were taken. */
export interface BenchReport {
  /** Name of the case. */
  readonly name: string
  /** How many times each contender ran. */
  readonly rounds: number
  /** The output of each contender, which is the expected one. */
  readonly outputs: Readonly<Record<string, Contents>>
  /** The machine on which the figures were taken. */
  readonly machine: Machine
  /** The baseline first. */
  readonly contenders: readonly ContenderReport[]
}

/**
 * Runs the benchmark that the module at `caseUrl` exports as `benchCase`.
 *
 * @throws {Error} if a contender fails, its output is not the expected one, or none is asked for
 */
export async function bench(caseUrl: URL, options: BenchOptions = {}): Promise<BenchReport> {
  const { rounds = 7, records, contenders: wanted = [''], directory = tmpdir() } = options
  const asked = { caseUrl: caseUrl.href, wanted, ...(records === undefined ? {} : { records }) }
  const plan = await inDirectory(directory, (own) => runChild({ kind: 'plan', ...asked, directory: own }))
  if (plan.contenders.length === 0) {
    throw new Error(`No contender of ${plan.name} is named like ${wanted.join(' or ')}`)
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
    const [made, due] = [JSON.stringify(measured.output), JSON.stringify(expected)]
    throw new Error(`The output of ${name} is wrong, so its time does not count: made ${made}, expected ${due}`)
  }
  return measured
}

/** Has `work` done with an empty directory, which is removed whatever becomes of it. */
async function inDirectory<Result>(parent: string, work: (directory: string) => Promise<Result>): Promise<Result> {
  const directory = await mkdtemp(join(parent, 'spillway-bench-'))
  try {
    return await work(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Has a fresh process do `task`, under the same loaders as this one. */
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

/** Records a millisecond in one round. */
function speedOf(baseline: Runs | undefined, round: number): number {
  return baselineRecords(baseline) / (baseline?.measured[round]?.elapsedMs ?? NaN)
}

function outputBytes(measured: readonly Measured[]): number {
  return median(measured.map(({ output }) => output.bytes))
}
