/**
 * The aggregates and counts of a ResultStreamer.
 */
import type { AggregateSummary } from '../../transforms/aggregate/summary-types.ts'
import type { StreamerCounts } from './stats.ts'

/** What `aggregates.json` has: the same text for a run, whatever interruptions and resumes came between. */
export interface StoredAggregates extends AggregateSummary {
  /** Id of the run. */
  readonly workflowId: string
  /** Records written to files; without those that were rejected, or that an earlier run had written. */
  readonly writeCount: number
  /** Records sent to the dead letters. */
  readonly rejectedCount: number
}

/** The aggregates of all records of a streamer, and their counts. */
export interface AggregatedResults extends StoredAggregates {
  /** Batches that have left the buffers. It depends on interruptions. */
  readonly flushCount: number
  /** Bytes of all part files, as they are on disk. It depends on interruptions, as a resumed run begins a new part. */
  readonly bytesWritten: number
}

/** The aggregates as `aggregates.json` has them. */
export function storedAggregates(
  workflowId: string,
  summary: AggregateSummary,
  { written, rejected }: StreamerCounts,
): StoredAggregates {
  return { workflowId, ...summary, writeCount: written, rejectedCount: rejected }
}

/** The text of `aggregates.json`. */
export function aggregatesText(aggregates: StoredAggregates): string {
  return `${JSON.stringify(aggregates, null, 2)}\n`
}

/** Stored aggregates with the counts that depend on interruptions. */
export function aggregatedResults(
  stored: StoredAggregates,
  { flushes, bytesWritten }: StreamerCounts,
): AggregatedResults {
  return { ...stored, flushCount: flushes, bytesWritten }
}
