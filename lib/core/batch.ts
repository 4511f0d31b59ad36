/**
 * A batch is an array of records; inside the toolkit batches flow, not records. What the toolkit knows about a
 * batch travels beside it under one symbol, so that arrays pass through foreign transforms untouched, user
 * objects stay as they are, and nothing of it ever becomes a column.
 */
import { controlOf, type Marker } from './marker.ts'
import type { ResultRecord } from './record.ts'

/** A run of records of a batch that one attempt of one container made, one after the other. */
export interface Segment {
  /** How many records of the batch the run spans. */
  readonly count: number
  /** Index of the container in the order of its phase's specs. */
  readonly containerIndex: number
  /** Iteration of the phase's sequence, from 0. */
  readonly iteration: number
  /** Attempt of the container, from 1. */
  readonly attempt: number
  /** Sequence number of the run's first record within the attempt, from 0. */
  readonly firstSeq: number
}

/** What travels beside a batch. */
export interface BatchNotes {
  /** Who made the records, in order; the counts add up to the batch's length. */
  readonly segments?: readonly Segment[]
  /** Set on the empty batch that carries a marker. */
  readonly marker?: Marker
  /** Called by the sink once the batch is in its file, with the indices of the records it rejected, ascending. */
  readonly onWritten?: (rejected: readonly number[]) => void
}

const kNotes = Symbol('spillway.notes')

/** An array of records, with what the toolkit knows about it. */
export type Batch = ResultRecord[] & { [kNotes]?: BatchNotes }

/** What every public stage takes: one record, or an array of them. */
export type Chunk = ResultRecord | readonly ResultRecord[]

const NO_NOTES: BatchNotes = Object.freeze({})

/** What travels beside `chunk`; nothing for a single record or a foreign array. */
export function notesOf(chunk: unknown): BatchNotes {
  return (Array.isArray(chunk) ? (chunk as Batch)[kNotes] : undefined) ?? NO_NOTES
}

/** Puts `notes` beside `batch`, over those it has, and returns it. */
export function annotate(batch: readonly ResultRecord[], notes: BatchNotes): Batch {
  const annotated = batch as Batch
  annotated[kNotes] = { ...annotated[kNotes], ...notes }
  return annotated
}

/** The empty batch that carries `marker` through a stream. */
export function markerBatch(marker: Marker): Batch {
  return annotate([], { marker })
}

/** The records of a chunk, as an array. */
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
