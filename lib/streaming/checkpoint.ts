/**
 * What a phase has written up to one place of its stream: a commit records it, and a resume continues from it.
 */
import type { Aggregates } from '../../transforms/aggregate/aggregates.ts'
import type { OpenRows, Receipt } from '../core/marker.ts'
import type { StreamerCounts } from './stats.ts'

/** What an earlier run of a workflow wrote of a phase. */
export interface EarlierPhase {
  readonly counts: StreamerCounts
  readonly state: Aggregates
}

/** What earlier runs wrote, by the names of the phases. */
export type EarlierPhases = ReadonlyMap<string, EarlierPhase>

/** How far the files of a phase reach, with the counts and aggregates of the records up to there. */
export interface Checkpoint extends Receipt {
  /** The records behind those of the receipt, in a file of their own; null when there are none. */
  readonly openRows: OpenRows | null
  readonly counts: StreamerCounts
  /** What came since the checkpoint before, and everything so far; null without aggregation. */
  readonly states: { readonly added: Aggregates; readonly all: Aggregates } | null
}
