/**
 * Spillway: streams that carry the results of multi-phase workflows to disk. Everything public, by name.
 */
export { ResultStreamer, type Ack, type AggregatedResults } from './result-streamer.ts'
export type { ResultStreamerOptions } from './result-streamer-options.ts'
export type { StreamerCounts, StreamerStats } from './streamer-stats.ts'
export { Marker, markerBatch, type AckLevel, type Batch, type Chunk, type Receipt } from './core/batch.ts'
export { ERROR_CODES, SpillwayError, type ErrorCode, type ErrorPlace } from './core/errors.ts'
export type { FieldNames, ResultRecord } from './core/record.ts'
export type { Rejection, RejectionHandler } from './core/rejection.ts'

export { BufferingTransform, type BufferingTransformOptions } from '../transforms/buffering-transform.ts'
export { AggregationTee, type AggregationTeeOptions } from '../transforms/aggregation-tee.ts'
export { Aggregates, type AggregatesOptions, type SavedAggregates } from '../transforms/aggregate/aggregates.ts'
export type {
  AggregateSummary,
  BestContainer,
  ContainerPlace,
  ContainerSummary,
  MetricSummary,
  Objective,
  ObjectiveDirection,
  PhaseSummary,
  Quantiles,
  Statistics,
  TopPerformer,
} from '../transforms/aggregate/summary-types.ts'
export { parseJsonl, type ParseJsonlOptions } from '../transforms/parse-jsonl.ts'
export { parseJsonArray, type ParseJsonArrayOptions } from '../transforms/parse-json-array.ts'
export { parseCsv, type ParseCsvOptions } from '../transforms/parse-csv.ts'
export { inferCsvTypes, type InferCsvTypesOptions } from '../transforms/infer-csv-types.ts'
export type { CsvType } from '../transforms/csv-types.ts'

export { RecordSink } from '../sinks/record-sink.ts'
export { JsonlSink, type JsonlSinkOptions } from '../sinks/jsonl-sink.ts'
export { CsvSink, type CsvSinkOptions } from '../sinks/csv-sink.ts'
export { ParquetSink, type ParquetSinkOptions } from '../sinks/parquet-sink.ts'
export type { Compression, Format, OnDrift, OnExisting, RecordSinkOptions } from '../sinks/record-sink-options.ts'
export type { RecordSinkStats } from '../sinks/record-files.ts'
export type { CsvDialectOptions } from '../sinks/csv-dialect.ts'
export type { NonFinitePolicy } from '../sinks/json-text.ts'
export type { ColumnType, Schema } from '../sinks/columns/column.ts'
export type { ByteTarget, OpenTarget } from '../sinks/file-target.ts'
export {
  parquetInfo,
  readParquet,
  type ParquetInfo,
  type ParquetInput,
  type ReadParquetOptions,
} from '../sinks/readers/read-parquet.ts'
