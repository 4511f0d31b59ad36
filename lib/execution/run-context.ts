/**
 * The contract between the sequencer, which runs phases, and the run, which stores their records and outputs.
 */
import type { Writable } from 'node:stream'
import type { PhaseSummary } from '../../transforms/aggregate/summary-types.ts'
import type { CommitProgress } from './commit-progress.ts'
import type { PhaseReference } from '../outputs/reference.ts'
import type { StreamerCounts } from '../streaming/stats.ts'

/** The stream graph of one phase, with its results once the stream has finished. */
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

/** The containers that an earlier run began. */
export interface EarlierContainers {
  /** How many there are. */
  readonly count: number
  /** Their ids, in the order of their indices. */
  readonly ids: AsyncIterator<string>
}

/** Makes the records of a phase durable, so that a run can be resumed from there. */
export interface PhaseCommits {
  /** What an earlier run has committed; undefined for a phase that is run for the first time. */
  readonly earlier: CommitProgress | undefined
  /** Ids of the containers that the earlier run began, in the order of their indices. */
  knownContainers(): EarlierContainers
  /**
   * Notes the id of a new container before it begins. Its index is the number of containers before it. A promise it returns
   * must be awaited.
   */
  noteContainer(id: string): Promise<void> | undefined
  /** A directory for temporary files: they may be lost with the process. */
  readonly spoolDirectory: string
  /** Counts records that were dropped, because the files hold them already. */
  noteDeduplicated(records: number): void
  /**
   * Makes what the sink was given so far durable, and commits it. What the commit covers is fixed when this is called;
   * records that are added before it settles belong to the next one.
   *
   * @param progress - of the containers at this place
   * @throws the failure of the stream graph; {@link SpillwayError} `ERR_SPILLWAY_IO`
   */
  checkpoint(progress: CommitProgress): Promise<void>
  /**
   * Commits the whole of a phase whose sink has finished.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_IO`
   */
  complete(progress: CommitProgress): Promise<void>
}

/** Where the records and outputs of a run go. */
export interface RunContext {
  /** Id of the run. */
  readonly workflowId: string
  /** The directory of the run, for messages of the diagnostics channels. */
  readonly path?: string
  /** Stops the run. Accepted records are kept. */
  readonly signal: AbortSignal
  /** Makes the stream graph of a phase. */
  openPhase(phase: string): PhaseOutlet
  /** Stores the output of a phase. */
  storeOutput(phase: string, output: unknown): Promise<PhaseReference>
  /** The result of a phase that an earlier run has completed; undefined for one that must be run. An exception fails the phase. */
  completedPhase?(phase: string): Promise<PhaseResult | undefined>
  /** Called before a phase begins. */
  onPhaseStarted?(phase: string): void | Promise<void>
  /** Called when a phase has ended or was skipped, before phases that depend on it begin. */
  onPhaseEnded?(result: PhaseResult): void | Promise<void>
}

/** How a phase ended. `skipped`: it did not begin, because a phase before it did not complete or the run was stopped. */
export type PhaseStatus = 'completed' | 'failed' | 'aborted' | 'skipped'

/** Containers that are not listed any more. */
export interface UnlistedContainers {
  /** How many there are. */
  readonly count: number
  /** The ids of the first ten. */
  readonly ids: readonly string[]
}

/** The result of a phase. */
export interface PhaseResult {
  /** Name of the phase. */
  readonly phase: string
  /** How the phase ended. */
  readonly status: PhaseStatus
  /** The reason why it failed or was stopped. */
  readonly error: Error | null
  /** Containers that ended well. */
  readonly containers: number
  /**
   * Containers that ended in an earlier execution, and that the topology does not list any more. Their records are kept.
   */
  readonly unlisted: UnlistedContainers
  /** Records accepted, in this execution and in those before it; each record of a container counts once. */
  readonly records: number
  /** Those of `records` that this execution accepted: fewer than `records` after a resume. */
  readonly newRecords: number
  /** Counts of its records; null if it never began, or results are not written. */
  readonly counts: StreamerCounts | null
  /** Aggregates of the records written; null if it never began. */
  readonly aggregates: PhaseSummary | null
  /** What later phases receive; null unless it completed. */
  readonly output: PhaseReference | null
  /** Milliseconds that the phase took. */
  readonly elapsedMs: number
}
