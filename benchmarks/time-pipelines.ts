/**
 * Times pipelines of streams against each other, in this process, and tells what each stage of them spends its time on.
 */
import { monitorEventLoopDelay, performance, PerformanceObserver } from 'node:perf_hooks'
import { pipeline } from 'node:stream/promises'
import { StageClock, type Stage } from './stage-clock.ts'
import { median, spreadOf, type Spread } from './statistics.ts'

/** Makes the streams of one run, the source first, as for `pipeline()`. */
export type MakeStages = () => readonly Stage[] | Promise<readonly Stage[]>

/** Options of {@link timePipelines}. */
export interface TimePipelinesOptions {
  /** How many times each pipeline runs; one run before them warms up and does not count. @default 5 */
  readonly rounds?: number
}

/** What a stage spends its time on, in parts of the whole from 0 to 1. */
export interface StageReport {
  /** Its class, with its place where several are of the same one. */
  readonly name: string
  /** At work, or waiting for something outside the pipeline, such as a disk. */
  readonly busyShare: number
  /** What it made is not taken by the next stage. */
  readonly blockedShare: number
  /** Nothing comes from the stage before. */
  readonly starvedShare: number
}

/** The figures of one pipeline. */
export interface TimedPipeline {
  /** Name of the pipeline. */
  readonly name: string
  /** Records (or batches of them, counted one by one) that left the source in a run; chunks that are neither don't count. */
  readonly records: number
  /** Records per second, by the median time of its runs. */
  readonly recordsPerSecond: number
  /** Part of the time that garbage collection stopped the program, from 0 to 1. */
  readonly gcShare: number
  /** Greatest delay of the event loop in a run, in milliseconds; the median of the runs. */
  readonly loopDelayMs: number
  /** Speed relative to the first pipeline, round by round; above 1 is faster. */
  readonly ratio: Spread
  /** Milliseconds of each run. */
  readonly times: readonly number[]
  /** Each stage, in the order of the pipeline. */
  readonly stages: readonly StageReport[]
  /** The stage that is busy for the longest. */
  readonly slowest: string
}

/** What {@link timePipelines} returns; `formatPipelines` makes a table of it. */
export interface PipelineReport {
  /** How many times each pipeline ran. */
  readonly rounds: number
  /** The first one is what the others are compared with. */
  readonly pipelines: readonly TimedPipeline[]
}

/** Milliseconds between two looks at the event loop. */
const LOOK_EVERY_MS = 10

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
 * Runs pipelines in turns (A B A B ...). Watching a stage costs about a microsecond a chunk.
 *
 * @param pipelines - by name; each call must make new streams
 * @throws whatever a pipeline fails with
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
  const loopDelay = monitorEventLoopDelay({ resolution: LOOK_EVERY_MS })
  loopDelay.enable()
  const clocks = stages.map((stage, index) => new StageClock(stage, nameOf(stage, index, stages)))
  const start = performance.now()
  await pipeline(stages as Parameters<typeof pipeline>[0] & readonly Stage[])
  const elapsedMs = performance.now() - start
  const timed = clocks.map((clock) => ({ name: clock.name, records: clock.records, times: clock.read() }))
  loopDelay.disable()
  for (const { duration } of collections.takeRecords()) gcMs += duration
  collections.disconnect()
  return { elapsedMs, gcMs, loopDelayMs: Math.max(0, loopDelay.max / 1e6 - LOOK_EVERY_MS), stages: timed }
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
