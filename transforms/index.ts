/**
 * The transforms: they group records into batches, aggregate records, and parse bytes into records. Each one also works
 * alone in any `pipeline()`.
 *
 * @module spillway/transforms
 */
export { BufferingTransform, type BufferingTransformOptions } from './buffering-transform.ts'
export { AggregationTee, type AggregationTeeOptions } from './aggregation-tee.ts'
export { Aggregates, type AggregatesOptions, type SavedAggregates } from './aggregate/aggregates.ts'
export type {
  AggregateSummary,
  BestContainer,
  ContainerPlace,
  ContainerSummary,
  MetricSummary,
  MissingObjective,
  Objective,
  ObjectiveDirection,
  PhaseSummary,
  Quantiles,
  Statistics,
  TopPerformer,
} from './aggregate/summary-types.ts'
export { parseJsonl, type ParseJsonlOptions } from './parsing/parse-jsonl.ts'
export { parseJsonArray, type ParseJsonArrayOptions } from './parsing/parse-json-array.ts'
export type { CsvInputOptions } from './parsing/csv-dialect.ts'
export { parseCsv, type ParseCsvOptions } from './parsing/parse-csv.ts'
export { inferCsvTypes, type InferCsvTypesOptions } from './parsing/infer-csv-types.ts'
export type { CsvType } from './parsing/csv-types.ts'
