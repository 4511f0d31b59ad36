/**
 * The benchmark harness, for comparing your own code with the toolkit.
 *
 * @module spillway/benchmarks
 */
export { bench, type BenchOptions, type BenchReport, type ContenderReport } from './bench.ts'
export type { BenchCase, Contender, ContenderLoader, Contents, Job, Output, Work } from './bench-case.ts'
export { formatComparison, formatMachine, formatPipelines, formatReport } from './format-report.ts'
export { describeMachine, type Machine } from './machine.ts'
export { makeRandom, type Random } from './random.ts'
export { batches, CONTAINERS, cycle, makeRecords, type SearchRecord } from './records.ts'
export { median, spreadOf, type Spread } from './statistics.ts'
export { readTallies, saveTallies, sumTallies, Tally } from './tally.ts'
export { sumFiles, sumLines } from './text-output.ts'
export type { Stage } from './stage-clock.ts'
export {
  timePipelines,
  type MakeStages,
  type PipelineReport,
  type StageReport,
  type TimedPipeline,
  type TimePipelinesOptions,
} from './time-pipelines.ts'
