/**
 * Executes a run: its phases, then its files and its journal are completed, whatever happens to the phases.
 */
import { performance } from 'node:perf_hooks'
import type { RunStatus } from '../journal/entries.ts'
import { WorkflowAbortError, WorkflowError, type WorkflowResult } from './result.ts'
import type { FinalFigures, WorkflowRun } from './workflow-run.ts'

/**
 * Executes a run to its end.
 *
 * @param executePhases - executes the phases in `run`
 * @throws {WorkflowError} when a phase or the run itself has failed
 * @throws {WorkflowAbortError} when the signal of the run has aborted
 */
export async function executeRun(
  run: WorkflowRun,
  executePhases: () => Promise<WorkflowResult['phases']>,
): Promise<WorkflowResult> {
  const startedAtMs = performance.now()
  let phases: WorkflowResult['phases'] = {}
  let failure: Error | undefined
  try {
    run.begin()
    phases = await executePhases()
  } catch (error) {
    failure = error as Error
  }
  const { aggregatedResults, counts, failure: fileFailure } = await run.finalize().catch(withoutFigures)
  failure ??= Object.values(phases).find(({ status }) => status === 'failed')?.error ?? fileFailure
  const elapsedMs = performance.now() - startedAtMs
  const journalFailure = await run.end({ status: statusOf(failure, phases), elapsedMs, error: failure })
  failure ??= journalFailure
  const result: WorkflowResult = {
    workflowId: run.workflowId,
    status: statusOf(failure, phases),
    directory: run.path,
    phases,
    aggregatedResults,
    counts,
    elapsedMs,
    wasComplete: false,
  }
  if (failure !== undefined) throw new WorkflowError(failure, result)
  if (result.status === 'aborted') throw new WorkflowAbortError(run.signal.reason, result)
  return result
}

function withoutFigures(failure: Error): FinalFigures {
  return { aggregatedResults: null, counts: null, failure }
}

function statusOf(failure: Error | undefined, phases: WorkflowResult['phases']): RunStatus {
  if (failure !== undefined) return 'failed'
  return Object.values(phases).every(({ status }) => status === 'completed') ? 'completed' : 'aborted'
}
