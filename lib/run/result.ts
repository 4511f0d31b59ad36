/**
 * The result of a run, and the errors that contain the result when the run did not complete.
 */
import { SpillwayError, stackOf } from '../core/errors.ts'
import type { RunStatus } from '../journal/entries.ts'
import type { AggregatedResults } from '../streaming/aggregated-results.ts'
import type { PhaseResult, PhaseStatus } from '../execution/run-context.ts'
import type { StreamerStats } from '../streaming/stats.ts'

/** The result of a run. */
export interface WorkflowResult {
  /** Id of the run. */
  readonly workflowId: string
  /** How the run ended. */
  readonly status: RunStatus
  /** The run directory, with all files of the run. */
  readonly directory: string
  /** The results of the phases by name, in the order of the workflow; the object has no prototype. */
  readonly phases: Readonly<Record<string, PhaseResult>>
  /** The aggregates of all phases; null when no results are written. */
  readonly aggregatedResults: AggregatedResults | null
  /** The counts of all phases; null when no results are written. */
  readonly counts: StreamerStats | null
  /** Duration of this execution or resume, in milliseconds. */
  readonly elapsedMs: number
  /** Whether the run was complete before, so that no phase was run. */
  readonly wasComplete: boolean
}

/** The stack of the error that ended a phase or a run. Null for none, and where the user has stopped it. */
export function shownStack(status: PhaseStatus, error: Error | null): string | null {
  const isFailure = status === 'failed' || (status === 'aborted' && error instanceof SpillwayError)
  return isFailure && error !== null ? stackOf(error) : null
}

/**
 * The failure of a run. Its message, code and place are those of the first phase that failed; the error of that phase
 * is the cause. Records that were accepted before are in the files, and `result` describes them.
 */
export class WorkflowError extends SpillwayError {
  /** The result of the run up to its failure. */
  readonly result: WorkflowResult

  /** Takes message, code and place from `cause`; without a code, it is `ERR_SPILLWAY_PHASE`. */
  constructor(cause: Error, result: WorkflowResult) {
    const { code, place } = cause instanceof SpillwayError ? cause : { code: 'ERR_SPILLWAY_PHASE' as const, place: {} }
    super(code, cause.message, { cause, place })
    this.result = result
  }
}

/**
 * The error of a run that its signal stopped; the reason of the signal is the cause. Records that were accepted before
 * are in the files, and `result` describes them.
 */
export class WorkflowAbortError extends Error {
  /** Always `AbortError`, as for other operations that a signal stops. */
  override readonly name = 'AbortError'
  /** Always `ABORT_ERR`, as for other operations that a signal stops. */
  readonly code = 'ABORT_ERR'
  /** The result of the run up to its stop. */
  readonly result: WorkflowResult

  /** Sets `reason`, the signal's, as the cause. */
  constructor(reason: unknown, result: WorkflowResult) {
    super('The run was stopped', { cause: reason })
    this.result = result
  }
}
