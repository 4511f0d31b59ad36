/**
 * The result of a run that was complete before, from what is in its directory: nothing is run, and nothing is written.
 */
import type { PhaseSummary } from '../../transforms/aggregate/summary-types.ts'
import { recallPhase } from '../run/recall-phase.ts'
import type { DataFlowManager } from '../data-flow-manager.ts'
import { PhaseResults } from '../run/phase-results.ts'
import type { AggregatedResults } from '../streaming/aggregated-results.ts'
import { ResultsDirectory } from '../streaming/results-directory.ts'
import type { ResumePlan } from './resume-plan.ts'
import type { PhaseResult } from '../execution/run-context.ts'
import { readRunFile } from '../run/directory.ts'
import { addCounts, NO_COUNTS, type StreamerCounts, type StreamerStats } from '../streaming/stats.ts'
import type { WorkflowResult } from '../run/result.ts'

/**
 * Tells of a complete run.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_OUTPUT`, `ERR_SPILLWAY_JOURNAL`, `ERR_SPILLWAY_IO` for what cannot be read
 */
export async function recallRun(
  { directory, workflow, state }: Pick<ResumePlan, 'directory' | 'workflow' | 'state'>,
  dataFlowManager: DataFlowManager,
): Promise<WorkflowResult> {
  const { workflowId, path } = directory
  const isWritten = workflow.results !== false
  const aggregatedResults = isWritten
    ? await readRunFile<AggregatedResults>(new ResultsDirectory(path).aggregatesPath)
    : null
  const journal = { state, settle: () => Promise.resolve() }
  const remains = {
    dataFlowManager,
    results: (phase: string) => (isWritten ? new PhaseResults({ phase, directory, workflow, journal }) : null),
    aggregates: (phase: string): PhaseSummary | null => aggregatedResults?.phases[phase] ?? null,
  }
  const phases = Object.create(null) as Record<string, PhaseResult>
  for (const { name } of workflow.phases) {
    const result = await recallPhase({ workflowId, ...state.phase(name) }, name, remains)
    if (result !== undefined) phases[name] = result
  }
  const counts = isWritten ? totalOf(phases) : null
  return {
    workflowId,
    status: 'completed',
    directory: path,
    phases,
    aggregatedResults,
    counts,
    elapsedMs: 0,
    wasComplete: true,
  }
}

function totalOf(results: Readonly<Record<string, PhaseResult>>): StreamerStats {
  const phases = new Map<string, StreamerCounts>()
  for (const { phase, counts } of Object.values(results)) if (counts !== null) phases.set(phase, counts)
  return { ...[...phases.values()].reduce(addCounts, NO_COUNTS), phases, ignored: [] }
}
