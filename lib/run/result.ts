/**
 * What becomes of a run: its result, and the errors that carry it when the run did not complete.
 */
import { SpillwayError } from '../core/errors.ts'
import type { RunStatus } from '../journal/entries.ts'
import type { AggregatedResults } from '../result-streamer.ts'
import type { PhaseResult } from '../execution/run-context.ts'
import type { StreamerStats } from '../streaming/stats.ts'

/** What a run has come to. */
export interface WorkflowResult {
  /** Id of the run. */
  readonly workflowId: string
  /** How the run ended. */
  readonly status: RunStatus
  /** That of the run, with all its files. */
  readonly directory: string
  /** By name, in the order of the workflow; the object has no prototype. */
  readonly phases: Readonly<Record<string, PhaseResult>>
  /** The aggregates of all phases together; null where no results are written. */
  readonly aggregatedResults: AggregatedResults | null
  /** Counts of all phases together; null where no results are written. */
  readonly counts: StreamerStats | null
  /** How long it has run this time. */
  readonly elapsedMs: number
  /** Whether it was complete before, and nothing was run. */
  readonly wasComplete: boolean
}

/**
 * The failure of a run: message, code and place are those of the first phase that failed, which is the cause. What was
 * accepted before is in the files, and told by `result`.
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

/** The end of a run by its signal, whose reason is the cause. What was accepted before is told by `result`. */
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
