/**
 * Spillway: streams that carry the results of multi-phase workflows to disk and between phases. Everything public, by
 * name.
 *
 * @module spillway
 */
export { Coordinator, type CoordinatorOptions, type ExecuteOptions } from './coordinator.ts'
export { WorkflowAbortError, WorkflowError, type WorkflowResult } from './run/result.ts'
export type { WorkflowStream } from './run/record-stream.ts'
export { loadWorkflow, type LoadWorkflowOptions } from './workflow/file.ts'
export { resolveWorkflow, type ResolveOptions, type TextPosition } from './workflow/resolve.ts'
export type {
  CommitUnit,
  ResolvedPhase,
  ResolvedWorkflow,
  Workflow,
  WorkflowInput,
  WorkflowPhase,
} from './workflow/types.ts'
export type { ResultsSettings } from './workflow/results-settings.ts'
export {
  defineTopology,
  type ContainerContext,
  type ContainerSpec,
  type OutputContext,
  type Topology,
  type TopologyContext,
} from './workflow/topology.ts'
export { Sequencer, type SequencerOptions } from './sequencer.ts'
export type { CommitProgress, Watermark } from './execution/commit-progress.ts'
export type {
  EarlierContainers,
  PhaseCommits,
  PhaseOutlet,
  PhaseResult,
  PhaseStatus,
  RunContext,
  UnlistedContainers,
} from './execution/run-context.ts'
export type { ResultCallback } from './execution/container-intake.ts'
export { distributePhases, type OrderedPhase } from './workflow/phase-order.ts'
export { DataFlowManager, type DataFlowManagerOptions } from './data-flow-manager.ts'
export type { PhaseReference, RowsOptions, Table } from './outputs/reference.ts'
export {
  DistributedResultCollector,
  type DistributedResultCollectorOptions,
  type DistributedResultCollectorStats,
} from './distributed-result-collector.ts'
export type { SourceState, SourceStats } from './collector/source-queue.ts'
export { verifyRun, type Remedy, type RunProblem, type VerifiedPhase, type VerifiedRun } from './recovery/verify.ts'
export { repairRun, type RunRepair } from './recovery/repair.ts'
export type { CutFile } from './recovery/restore.ts'
export type { ResumeOptions } from './coordinator.ts'
export type { ResumptionOptions } from './recovery/resume-plan.ts'
export {
  inspectRun,
  type InspectedPart,
  type InspectedPhase,
  type InspectedRun,
  type RunHolder,
} from './monitor/inspect-run.ts'
export { RunProgress, type PhaseProgress } from './monitor/run-progress.ts'
export type { RunStatus } from './journal/entries.ts'
export { ResultStreamer } from './result-streamer.ts'
export type { Ack } from './streaming/acknowledgements.ts'
export type { AggregatedResults, StoredAggregates } from './streaming/aggregated-results.ts'
export type { ResultStreamerOptions } from './streaming/options.ts'
export type { StreamerCounts, StreamerStats } from './streaming/stats.ts'
export { markerBatch, type Batch, type Chunk } from './core/batch.ts'
export { Marker, type AckLevel, type Receipt } from './core/marker.ts'
export { ERROR_CODES, SpillwayError, type ErrorCode, type ErrorPlace } from './core/errors.ts'
export type { FieldNames, ResultRecord, RowItem, TypedReadable, WithBatches } from './core/record.ts'
export type { Rejection, RejectionHandler } from './core/rejection.ts'
export type {
  ContainerEndedMessage,
  ContainerStartedMessage,
  DiagnosticMessage,
  PartClosedMessage,
  PartOpenedMessage,
  PhaseEndedMessage,
  PhaseMessage,
  PhaseOrigin,
  PhaseStartedMessage,
  RecordRejectedMessage,
  SameObjectMessage,
  WorkflowEndedMessage,
  WorkflowStartedMessage,
} from './core/diagnostics.ts'

export { BufferingTransform, type BufferingTransformOptions } from '../transforms/buffering-transform.ts'
export { AggregationTee, type AggregationTeeOptions } from '../transforms/aggregation-tee.ts'
export { Aggregates, type AggregatesOptions, type SavedAggregates } from '../transforms/aggregate/aggregates.ts'
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
} from '../transforms/aggregate/summary-types.ts'
export { parseJsonl, type ParseJsonlOptions } from '../transforms/parsing/parse-jsonl.ts'
export { parseJsonArray, type ParseJsonArrayOptions } from '../transforms/parsing/parse-json-array.ts'
export type { CsvInputOptions } from '../transforms/parsing/csv-dialect.ts'
export { parseCsv, type ParseCsvOptions } from '../transforms/parsing/parse-csv.ts'
export { inferCsvTypes, type InferCsvTypesOptions } from '../transforms/parsing/infer-csv-types.ts'
export type { CsvType } from '../transforms/parsing/csv-types.ts'

export { RecordSink } from '../sinks/record-sink.ts'
export { JsonlSink, type JsonlSinkOptions } from '../sinks/jsonl-sink.ts'
export { CsvSink, type CsvSinkOptions } from '../sinks/csv-sink.ts'
export { ParquetSink, type ParquetSinkOptions } from '../sinks/parquet-sink.ts'
export type { Compression, Format, OnDrift, OnExisting, RecordSinkOptions } from '../sinks/options.ts'
export type { ClosedPart, OpenedPart, PartSchema } from '../sinks/part.ts'
export type { RecordSinkStats } from '../sinks/record-files.ts'
export type { CsvDialectOptions } from '../sinks/text/csv-dialect.ts'
export type { NonFinitePolicy } from '../sinks/values/json-text.ts'
export { PreciseDate } from '../sinks/values/precise-date.ts'
export type { Schema } from '../sinks/columns/column.ts'
export type {
  ColumnType,
  DecimalType,
  FieldType,
  ListType,
  MapType,
  NamedType,
  NestedType,
  StructType,
} from '../sinks/columns/column-type.ts'
export type { ByteTarget, OpenTarget } from '../sinks/files/file-target.ts'
export {
  parquetInfo,
  readParquet,
  readParquetColumn,
  type ParquetInfo,
  type ParquetInput,
  type ReadParquetOptions,
} from '../sinks/readers/read-parquet.ts'
export { repairParquet, type ParquetRepair } from '../sinks/readers/repair-parquet.ts'
