/**
 * A batch is an array of records; inside the toolkit batches flow, not records. What the toolkit knows about a
 * batch travels beside it under one symbol, so that arrays pass through foreign transforms untouched, user
 * objects stay as they are, and nothing of it ever becomes a column.
 */
import { SpillwayError } from './errors.ts'
import { makeDeferred } from './deferred.ts'
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

/** How far an acknowledgement reaches: in the file, or on the disk itself (fdatasync). */
export type AckLevel = 'written' | 'durable'

/** What a sink answers a marker with: how far its last file reaches. */
export interface Receipt {
  /** The file, or null while the sink has had none yet. */
  readonly path: string | null
  /** Bytes of the file that hold all the rows counted here. */
  readonly offsetBytes: number
  /** Rows in the file. */
  readonly rows: number
}

/**
 * A demand that flows behind the records it covers: a buffering stage empties itself before it, a sink makes
 * everything up to it readable (and durable, if asked) and settles it.
 */
export class Marker {
  /** What is guaranteed when the marker is settled. */
  readonly level: AckLevel
  /** Whether a sink may decline it, as making its file complete would cost more than it is worth now. */
  readonly mayWait: boolean = false
  readonly #receipt = makeDeferred<Receipt | null>()

  /** Makes a marker to be sent through a stream by {@link markerBatch}. */
  constructor(level: AckLevel) {
    this.level = level
  }

  /**
   * The sink's answer, null when it declined the marker; rejects when the stream fails or the marker is lost on the
   * way.
   */
  get receipt(): Promise<Receipt | null> {
    return this.#receipt.promise
  }

  /**
   * Called by the sink at the moment when everything before the marker, and nothing behind it, is encoded; a sink that
   * declines it does not call this.
   */
  pass(_receipt: Receipt): void {}

  /** Resolves {@link Marker.receipt}; does nothing to a settled marker. */
  settle(receipt: Receipt | null): void {
    this.#receipt.resolve(receipt)
  }

  /** Rejects {@link Marker.receipt}; does nothing to a settled marker. */
  fail(error: unknown): void {
    this.#receipt.reject(error)
  }

  /** Fails a marker whose stream ended without it having reached the sink; does nothing to a settled one. */
  lose(): void {
    this.fail(
      new SpillwayError(
        'ERR_SPILLWAY_MARKER_LOST',
        'The stream ended but a marker sent through it never reached the sink. A stage between them swallows empty arrays: let it pass them on.',
      ),
    )
  }
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
export type Batch = ResultRecord[] & {
  /** @internal */
  [kNotes]?: BatchNotes
}

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
