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
