/**
 * What a phase has come to at one place of its stream: what a commit writes down, and a resume goes on from.
 */
import type { Aggregates } from '../../transforms/aggregate/aggregates.ts'
import { Marker, type Receipt } from '../core/batch.ts'
import type { StreamerCounts } from './stats.ts'

/** What is known of the records of a phase that were written before. */
export interface PhaseTally {
  readonly counts: StreamerCounts
  readonly aggregates: Aggregates
}

/** How far the files of a phase reach, and what its records come to up to there. */
export interface CheckpointTally extends Receipt {
  readonly counts: StreamerCounts
  /** What the checkpoint has added, and everything so far; null without aggregation. */
  readonly aggregates: { readonly added: Aggregates; readonly all: Aggregates } | null
}

/** A marker that is durable when it is answered, and takes the tally at its place. */
export class CheckpointMarker extends Marker {
  override readonly mayWait: boolean
  readonly #take: (receipt: Receipt) => CheckpointTally
  #tally: CheckpointTally | null = null

  /** @param mayWait - whether a sink may decline it; see `Marker` */
  constructor(mayWait: boolean, take: (receipt: Receipt) => CheckpointTally) {
    super('durable')
    this.mayWait = mayWait
    this.#take = take
  }

  override pass(receipt: Receipt): void {
    this.#tally = this.#take(receipt)
  }

  /** The tally, once that is on the disk; null when the sink has declined. Rejects as `receipt` does. */
  async tally(): Promise<CheckpointTally | null> {
    await this.receipt
    return this.#tally
  }
}
