/**
 * A batch is an array of records; stages inside the toolkit pass batches, not single records. The toolkit stores its
 * metadata on the array under one symbol. So arrays pass unchanged through transforms from outside the toolkit. User
 * objects are not modified, and the metadata never becomes a column.
 */
import { controlOf, type Marker } from './marker.ts'
import type { ResultRecord } from './record.ts'

/** Consecutive records of a batch that one attempt of one container produced. */
export interface Segment {
  /** Number of records in the segment. */
  readonly count: number
  /** Index of the container: its place among those of its phase that began, from 0. */
  readonly containerIndex: number
  /** Iteration of the phase's sequence, from 0. */
  readonly iteration: number
  /** Attempt of the container, from 1. */
  readonly attempt: number
  /** Sequence number of the segment's first record within the attempt, from 0. */
  readonly firstSeq: number
}

/** Metadata of a batch. */
export interface BatchNotes {
  /** The origin of the records, in their order; the counts add up to the batch's length. */
  readonly segments?: readonly Segment[]
  /** The marker; only on the empty batch that carries it. */
  readonly marker?: Marker
  /** The sink calls this once the batch is in its file, with the ascending indices of the records it rejected. */
  readonly onWritten?: (rejected: readonly number[]) => void
  /** Whether a buffer has published that the batch holds an object twice. */
  readonly repeatsPublished?: boolean
}

const kNotes = Symbol('spillway.notes')

/** An array of records with its metadata. */
export type Batch = ResultRecord[] & {
  /** @internal */
  [kNotes]?: BatchNotes
}

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

/**
 * The chunks of a queue with single records in a row joined to arrays. Arrays stay as they are, with their notes.
 *
 * @param chunks - records and arrays, in order
 */
export function joinRecords(chunks: readonly unknown[]): (readonly unknown[])[] {
  const joined: (readonly unknown[])[] = []
  let run: unknown[] | undefined
  for (const chunk of chunks) {
    if (Array.isArray(chunk)) {
      joined.push(chunk)
      run = undefined
    } else if (run === undefined) {
      run = [chunk]
      joined.push(run)
    } else {
      run.push(chunk)
    }
  }
  return joined
}

/** Fails the marker that a chunk carries, if it carries one: its sender must not wait for ever. */
export function failMarker(chunk: unknown, error: unknown): void {
  const { marker } = notesOf(chunk)
  if (marker !== undefined) controlOf(marker).fail(error)
}
