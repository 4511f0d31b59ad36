/**
 * Spillway: streams that carry the results of multi-phase workflows to disk and between phases. Everything public, by
 * name.
 */
export { Coordinator, type CoordinatorOptions, type ExecuteOptions } from './coordinator.ts'
export { WorkflowAbortError, WorkflowError, type WorkflowResult } from './workflow-result.ts'
export type { WorkflowStream } from './workflow-stream.ts'
export { loadWorkflow, type LoadWorkflowOptions } from './workflow-file.ts'
export { resolveWorkflow, type ResolveOptions, type TextPosition } from './resolve-workflow.ts'
export type { CommitUnit, ResolvedPhase, ResolvedWorkflow, Workflow, WorkflowInput, WorkflowPhase } from './workflow.ts'
export type { ResultsSettings } from './results-settings.ts'
export {
  defineTopology,
  type ContainerContext,
  type ContainerSpec,
  type OutputContext,
  type Topology,
  type TopologyContext,
} from './topology.ts'
export { Sequencer, type SequencerOptions } from './sequencer.ts'
export type { CommitProgress, Watermark } from './commit-progress.ts'
export type { PhaseCommits, PhaseOutlet, PhaseResult, PhaseStatus, RunContext } from './run-context.ts'
export type { ResultCallback } from './container-intake.ts'
export { distributePhases, type OrderedPhase } from './phase-order.ts'
export { DataFlowManager, type DataFlowManagerOptions } from './data-flow-manager.ts'
export type { PhaseReference, RowsOptions, Table } from './phase-reference.ts'
export {
  DistributedResultCollector,
  type DistributedResultCollectorOptions,
  type DistributedResultCollectorStats,
} from './distributed-result-collector.ts'
export type { SourceState, SourceStats } from './source-queue.ts'
export { verifyRun, type RunProblem, type VerifiedPhase, type VerifiedRun } from './verify-run.ts'
export { repairRun, type RunRepair } from './repair-run.ts'
export type { CutFile } from './restore-run.ts'
export type { ResumeOptions } from './coordinator.ts'
export type { ResumptionOptions } from './resumption.ts'
export { inspectRun, type InspectedPart, type InspectedPhase, type InspectedRun } from './inspect-run.ts'
export type { RunStatus } from './journal-entries.ts'
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
export type { ClosedPart, OpenedPart, PartSchema } from '../sinks/part.ts'
export type { RecordSinkStats } from '../sinks/record-files.ts'
export type { CsvDialectOptions } from '../sinks/csv-dialect.ts'
export type { NonFinitePolicy } from '../sinks/json-text.ts'
export type { ColumnType, Schema } from '../sinks/columns/column.ts'
export type { ByteTarget, OpenTarget } from '../sinks/file-target.ts'
export {
  parquetInfo,
  readParquet,
  readParquetColumn,
  type ParquetInfo,
  type ParquetInput,
  type ReadParquetOptions,
} from '../sinks/readers/read-parquet.ts'
export { repairParquet, type ParquetRepair } from '../sinks/repair-parquet.ts'
