/**
 * Compares the speed of pipelines of streams in this process, and measures how each stage spends its time.
 */
import { monitorEventLoopDelay, performance, PerformanceObserver } from 'node:perf_hooks'
import { pipeline } from 'node:stream/promises'
import { StageClock, type Stage } from './stage-clock.ts'
import { median, spreadOf, type Spread } from './statistics.ts'

/** Makes new streams for one run, in the order of `pipeline()`: the source first. */
export type MakeStages = () => readonly Stage[] | Promise<readonly Stage[]>

/** Options of {@link timePipelines}. */
export interface TimePipelinesOptions {
  /** Number of runs of each pipeline, after one warm-up run that is not counted. @default 5 */
  readonly rounds?: number
}

/** How a stage spends its time, as fractions from 0 to 1. Medians over the runs. */
export interface StageReport {
  /** The name of its class, with its position if several stages have the same class. */
  readonly name: string
  /** It works, or waits for something outside the pipeline, such as a disk. */
  readonly busyShare: number
  /** It waits, because the next stage does not accept its output. */
  readonly blockedShare: number
  /** It waits for input from the previous stage. */
  readonly starvedShare: number
}

/** The results of one pipeline. */
export interface TimedPipeline {
  /** Name of the pipeline. */
  readonly name: string
  /**
   * Records that left the source in a run. The records of a batch are counted. Other chunks, such as bytes, are not.
   */
  readonly records: number
  /** Median over the runs. */
  readonly recordsPerSecond: number
  /** Fraction of the time spent in garbage collection, from 0 to 1. Median over the runs. */
  readonly gcShare: number
  /** Maximum delay of the event loop in milliseconds. Median over the runs. */
  readonly loopDelayMs: number
  /** Speed relative to the first pipeline, round by round. Above 1 is faster. */
  readonly ratio: Spread
  /** Milliseconds of each run. */
  readonly times: readonly number[]
  /** In the order of the pipeline. */
  readonly stages: readonly StageReport[]
  /** Name of the stage with the largest `busyShare`. */
  readonly slowest: string
}

/** The result of {@link timePipelines}. `formatPipelines` formats it as a table. */
export interface PipelineReport {
  /** How many times each pipeline ran. */
  readonly rounds: number
  /** In the order given. The first one is the baseline of all ratios. */
  readonly pipelines: readonly TimedPipeline[]
}

/** Interval at which the delay of the event loop is sampled. */
const SAMPLE_INTERVAL_MS = 10

interface Run {
  readonly elapsedMs: number
  readonly gcMs: number
  readonly loopDelayMs: number
  readonly stages: readonly TimedStage[]
}

interface TimedStage {
  readonly name: string
  readonly records: number
  readonly times: ReturnType<StageClock['read']>
}

/**
 * Runs pipelines in turns (A B A B ...) and measures them. The measurement costs about a microsecond per chunk and
 * stage.
 *
 * @param pipelines - by name; each call must make new streams
 * @throws the error of a pipeline that fails
 * @example
 * const report = await timePipelines({
 *   mine: () => [source(), new MyTransform(), new JsonlSink({ path: 'mine.jsonl', onExisting: 'overwrite' })],
 * })
 * console.log(formatPipelines(report))
 */
export async function timePipelines(
  pipelines: Readonly<Record<string, MakeStages>>,
  { rounds = 5 }: TimePipelinesOptions = {},
): Promise<PipelineReport> {
  const runs = Object.entries(pipelines).map(([name, make]) => ({ name, make, runs: [] as Run[] }))
  for (const { make } of runs) await runOnce(make)
  for (let round = 0; round < rounds; round++) {
    for (const timed of runs) timed.runs.push(await runOnce(timed.make))
  }
  const [baseline] = runs
  return { rounds, pipelines: runs.map(({ name, runs: own }) => report(name, own, baseline?.runs ?? [])) }
}

async function runOnce(make: MakeStages): Promise<Run> {
  const stages = await make()
  let gcMs = 0
  const collections = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) gcMs += duration
  })
  collections.observe({ entryTypes: ['gc'] })
  const loopDelay = monitorEventLoopDelay({ resolution: SAMPLE_INTERVAL_MS })
  loopDelay.enable()
  const clocks = stages.map((stage, index) => new StageClock(stage, nameOf(stage, index, stages)))
  const start = performance.now()
  await pipeline(stages as Parameters<typeof pipeline>[0] & readonly Stage[])
  const elapsedMs = performance.now() - start
  const timed = clocks.map((clock) => ({ name: clock.name, records: clock.records, times: clock.read() }))
  loopDelay.disable()
  for (const { duration } of collections.takeRecords()) gcMs += duration
  collections.disconnect()
  return { elapsedMs, gcMs, loopDelayMs: Math.max(0, loopDelay.max / 1e6 - SAMPLE_INTERVAL_MS), stages: timed }
}

function nameOf(stage: Stage, index: number, stages: readonly Stage[]): string {
  const { name } = stage.constructor
  return stages.filter((other) => other.constructor.name === name).length > 1 ? `${name} (${index + 1})` : name
}

function report(name: string, runs: readonly Run[], baseline: readonly Run[]): TimedPipeline {
  const times = runs.map(({ elapsedMs }) => elapsedMs)
  const records = runs[0]?.stages.find((stage) => stage.records > 0)?.records ?? 0
  const stages = (runs[0]?.stages ?? []).map(({ name: stage }, index): StageReport => {
    const share = (activity: 'busy' | 'blocked' | 'starved') =>
      median(runs.map((run) => (run.stages[index]?.times[activity] ?? NaN) / run.elapsedMs))
    return { name: stage, busyShare: share('busy'), blockedShare: share('blocked'), starvedShare: share('starved') }
  })
  return {
    name,
    records,
    recordsPerSecond: records / (median(times) / 1000),
    gcShare: median(runs.map(({ gcMs, elapsedMs }) => gcMs / elapsedMs)),
    loopDelayMs: median(runs.map(({ loopDelayMs }) => loopDelayMs)),
    ratio: spreadOf(times.map((time, round) => (baseline[round]?.elapsedMs ?? NaN) / time)),
    times,
    stages,
    slowest: stages.toSorted((one, other) => other.busyShare - one.busyShare)[0]?.name ?? '',
  }
}
