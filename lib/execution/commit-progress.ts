/**
 * How far the containers of a phase have come, as a commit writes it down: those that are done, and of each other one how
 * many of its records are in the files.
 */
import type { IndexRange } from '../core/index-ranges.ts'

/** How far a container has come that is not done. */
export interface Watermark {
  /** Index of the container in the order in which the topology lists them. */
  readonly index: number
  /** Id of the container. */
  readonly id: string
  /** Its first so many records are written or rejected. */
  readonly records: number
  /** CRC-32 of the JSON text of the last of them: a container that is run again must make the same one. */
  readonly crc32: number
}

/** The containers of a phase at one place of its stream. */
export interface CommitProgress {
  /** Indices of the containers that are done, as ascending ranges `[first, last]`. */
  readonly done: readonly IndexRange[]
  /** One entry for each container that has begun and is not done. */
  readonly watermarks: readonly Watermark[]
}
