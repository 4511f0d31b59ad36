/**
 * The aggregates and counts of a ResultStreamer, as `aggregates.json` has them.
 */
import type { AggregateSummary } from '../../transforms/aggregate/summary-types.ts'
import type { StreamerCounts } from './stats.ts'

/** The aggregates of all records of a streamer, and their counts. */
export interface AggregatedResults extends AggregateSummary {
  readonly workflowId: string
  /** Records accepted. */
  readonly writeCount: number
  /** Records sent to the dead letters. */
  readonly rejectedCount: number
  /** Batches that have left the buffers. */
  readonly flushCount: number
  /** Bytes of all part files, as they are on disk. */
  readonly bytesWritten: number
}

export function aggregatedResults(
  workflowId: string,
  summary: AggregateSummary,
  { recordsIn, rejected, flushes, bytesWritten }: StreamerCounts,
): AggregatedResults {
  return {
    workflowId,
    ...summary,
    writeCount: recordsIn,
    rejectedCount: rejected,
    flushCount: flushes,
    bytesWritten,
  }
}
