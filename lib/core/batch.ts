/**
 * A batch is an array of records; stages inside the toolkit pass batches, not single records. The toolkit stores its
 * metadata on the array under one symbol. So arrays pass unchanged through transforms from outside the toolkit. User
 * objects are not modified, and the metadata never becomes a column.
 */
import { SpillwayError } from './errors.ts'
import { makeDeferred } from './deferred.ts'
import type { ResultRecord } from './record.ts'

/** Consecutive records of a batch that one attempt of one container produced. */
export interface Segment {
  /** Number of records in the segment. */
  readonly count: number
  /** Index of the container in the order of its phase's specs, from 0. */
  readonly containerIndex: number
  /** Iteration of the phase's sequence, from 0. */
  readonly iteration: number
  /** Attempt of the container, from 1. */
  readonly attempt: number
  /** Sequence number of the segment's first record within the attempt, from 0. */
  readonly firstSeq: number
}

/** What an acknowledgement guarantees: the data is in the file, or on the disk itself (after fdatasync). */
export type AckLevel = 'written' | 'durable'

/** The position of a sink in its last file when the marker reached it. */
export interface Receipt {
  /** The path of the file, or null while the sink has opened no file. */
  readonly path: string | null
  /** Number of bytes from the start of the file that contain all rows counted here. */
  readonly offsetBytes: number
  /** Number of rows in the file. */
  readonly rows: number
}

/**
 * A request that flows through a stream after the records it covers. A buffering stage empties its buffer before it
 * passes the marker on. A sink makes all records before the marker readable (and durable, if requested), then settles
 * it.
 */
export class Marker {
  readonly level: AckLevel
  /** Whether a sink may decline the marker because completing its file now would cost too much. */
  readonly mayWait: boolean = false
  readonly #receipt = makeDeferred<Receipt | null>()

  constructor(level: AckLevel) {
    this.level = level
  }

  /**
   * The sink's position; null when the sink declined the marker. Rejects when the stream fails or the marker is lost
   * before it reaches the sink.
   */
  get receipt(): Promise<Receipt | null> {
    return this.#receipt.promise
  }

  /**
   * Called by the sink when all records before the marker are encoded, and none after it. A sink that declines the
   * marker does not call this.
   */
  pass(_receipt: Receipt): void {}

  /** Resolves {@link receipt}; does nothing to a settled marker. */
  settle(receipt: Receipt | null): void {
    this.#receipt.resolve(receipt)
  }

  /** Rejects {@link receipt}; does nothing to a settled marker. */
  fail(error: unknown): void {
    this.#receipt.reject(error)
  }

  /**
   * Fails a marker whose stream ended before the marker reached the sink; does nothing to a settled marker. The error
   * has the code `ERR_SPILLWAY_MARKER_LOST`.
   */
  lose(): void {
    this.fail(
      new SpillwayError(
        'ERR_SPILLWAY_MARKER_LOST',
        'The stream ended before a marker sent through it reached the sink. A stage in the stream drops empty arrays: make that stage pass them on.',
      ),
    )
  }
}

/** Metadata of a batch. */
export interface BatchNotes {
  /** The origin of the records, in their order; the counts add up to the batch's length. */
  readonly segments?: readonly Segment[]
  /** The marker; only on the empty batch that carries it. */
  readonly marker?: Marker
  /** The sink calls this once the batch is in its file, with the ascending indices of the records it rejected. */
  readonly onWritten?: (rejected: readonly number[]) => void
}

const kNotes = Symbol('spillway.notes')

/** An array of records with its metadata. */
export type Batch = ResultRecord[] & { [kNotes]?: BatchNotes }

/** What every public stage accepts: one record, or an array of records. */
export type Chunk = ResultRecord | readonly ResultRecord[]

const NO_NOTES: BatchNotes = Object.freeze({})

/** The metadata of `chunk`; empty for a single record, and for an array that the toolkit has not annotated. */
export function notesOf(chunk: unknown): BatchNotes {
  return (Array.isArray(chunk) ? (chunk as Batch)[kNotes] : undefined) ?? NO_NOTES
}

/** Adds `notes` to the metadata of `batch`, replacing entries of the same name, and returns the same array. */
export function annotate(batch: readonly ResultRecord[], notes: BatchNotes): Batch {
  const annotated = batch as Batch
  annotated[kNotes] = { ...annotated[kNotes], ...notes }
  return annotated
}

/** Makes the empty batch that carries `marker` through a stream. */
export function markerBatch(marker: Marker): Batch {
  return annotate([], { marker })
}

/** The records of a chunk as an array; an array is returned as is, not copied. */
export function recordsOf(chunk: unknown): readonly ResultRecord[] {
  return (Array.isArray(chunk) ? chunk : [chunk]) as readonly ResultRecord[]
}
