/**
 * The contract between whoever runs phases and whoever keeps what they make: where records and outputs go, and what is
 * told of each phase.
 */
import type { Writable } from 'node:stream'
import type { PhaseSummary } from '../../transforms/aggregate/summary-types.ts'
import type { Marker } from '../core/batch.ts'
import type { CommitProgress } from './commit-progress.ts'
import type { PhaseReference } from '../outputs/reference.ts'
import type { StreamerCounts } from '../streaming/stats.ts'

/** The stream graph of one phase, and what it tells once its stream has finished. */
export interface PhaseOutlet {
  /** Takes the phase's batches. Its files are complete when it has finished. */
  readonly sink: Writable
  /** The phase's records as they are in its files. */
  readonly results: PhaseReference
  /** Aggregates of the phase's records. */
  readonly aggregates: PhaseSummary
  /** Null where results are not written. */
  readonly counts: StreamerCounts | null
  /** For phases that can be resumed. */
  readonly commits?: PhaseCommits
}

/** Makes what a phase has written durable, so that a run can be resumed from there. */
export interface PhaseCommits {
  /** What an earlier run has committed; undefined for a phase that is run for the first time. */
  readonly earlier: CommitProgress | undefined
  /** A directory for files that need not outlive the process. */
  readonly spoolDirectory: string
  /** Counts records that were left out, as they are in the files already. */
  noteDeduplicated(records: number): void
  /**
   * Makes a marker to be sent through the sink.
   *
   * @param mayWait - whether it may be declined; see `Marker`
   */
  makeMarker(mayWait: boolean): Marker
  /**
   * Commits what a marker of {@link makeMarker} covers once it is answered, or, without one, all of a phase whose sink has
   * finished.
   *
   * @param progress - of the containers at the place of the marker
   * @returns false when the sink has declined the marker
   * @throws what the marker fails with; {@link SpillwayError} `ERR_SPILLWAY_IO`
   */
  commit(progress: CommitProgress, marker?: Marker): Promise<boolean>
}

/** Where the records and outputs of a run go, and who is told of it. */
export interface RunContext {
  /** Id of the run. */
  readonly workflowId: string
  /** Stops the run: what was accepted is kept. */
  readonly signal: AbortSignal
  /** Makes the stream graph of a phase. */
  openPhase(phase: string): PhaseOutlet
  /** Keeps what a phase hands on. */
  storeOutput(phase: string, output: unknown): Promise<PhaseReference>
  /** The result of a phase that an earlier run has completed; undefined for one that is to be run. What it throws fails the phase. */
  recallPhase?(phase: string): Promise<PhaseResult | undefined>
  /** Told before a phase begins. */
  onPhaseStarted?(phase: string): void | Promise<void>
  /**
   * Told when a phase has ended, in whatever way, before anything that depends on it begins.
   */
  onPhaseEnded?(result: PhaseResult): void | Promise<void>
}

/** How a phase ended. `skipped`: it never began, as a phase before it did not complete, or the run was stopped. */
export type PhaseStatus = 'completed' | 'failed' | 'aborted' | 'skipped'

/** What became of a phase. */
export interface PhaseResult {
  /** Name of the phase. */
  readonly phase: string
  /** How the phase ended. */
  readonly status: PhaseStatus
  /** Why it failed, or was stopped. */
  readonly error: Error | null
  /** Containers that ended well. */
  readonly containers: number
  /** Records accepted. */
  readonly records: number
  /** Counts of its records; null if it never began, or results are not written. */
  readonly counts: StreamerCounts | null
  /** Aggregates of the records written; null if it never began. */
  readonly aggregates: PhaseSummary | null
  /** What later phases receive; null unless it completed. */
  readonly output: PhaseReference | null
  /** Milliseconds that the phase took. */
  readonly elapsedMs: number
}
