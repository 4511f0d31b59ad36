/**
 * The progress of the containers of a phase, as a commit stores it: the containers that are done, and for each other
 * container the number of its records in the files.
 */
import type { IndexRange } from '../core/index-ranges.ts'

/** The progress of a container that is not done. */
export interface Watermark {
  /** Index of the container: its place among those that began. */
  readonly index: number
  /** Id of the container. */
  readonly id: string
  /** Number of its first records that are written or rejected. */
  readonly records: number
  /**
   * CRC-32 of the JSON text of the last of these records. A container that is run again must produce the same record.
   */
  readonly crc32: number
}

/** The progress of a phase's containers at one position of its stream. */
export interface CommitProgress {
  /** Indices of the containers that are done. */
  readonly done: readonly IndexRange[]
  /** The other containers that have produced records. */
  readonly watermarks: readonly Watermark[]
}
