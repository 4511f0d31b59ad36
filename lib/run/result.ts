/**
 * The result of a run, and the errors that contain the result when the run did not complete.
 */
import { SpillwayError } from '../core/errors.ts'
import type { RunStatus } from '../journal/entries.ts'
import type { AggregatedResults } from '../streaming/aggregated-results.ts'
import type { PhaseResult } from '../execution/run-context.ts'
import type { StreamerStats } from '../streaming/stats.ts'

/** The result of a run. */
export interface WorkflowResult {
  readonly workflowId: string
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

/**
 * The failure of a run. Its message, code and place are those of the first phase that failed; the error of that phase
 * is the cause. Records that were accepted before are in the files, and `result` describes them.
 */
export class WorkflowError extends SpillwayError {
  readonly result: WorkflowResult

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
  override readonly name = 'AbortError'
  readonly code = 'ABORT_ERR'
  readonly result: WorkflowResult

  constructor(reason: unknown, result: WorkflowResult) {
    super('The run was stopped', { cause: reason })
    this.result = result
  }
}
