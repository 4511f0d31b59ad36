/**
 * Reads the result of a completed run from its directory. No phase is run, and nothing is written.
 */
import type { PhaseSummary } from '../../transforms/aggregate/summary-types.ts'
import { recallPhase } from '../run/recall-phase.ts'
import type { DataFlowManager } from '../data-flow-manager.ts'
import { PhaseResults } from '../run/phase-results.ts'
import { aggregatedResults, type StoredAggregates } from '../streaming/aggregated-results.ts'
import { ResultsDirectory } from '../streaming/results-directory.ts'
import type { ResumePlan } from './resume-plan.ts'
import type { PhaseResult } from '../execution/run-context.ts'
import { readRunFile } from '../run/directory.ts'
import { addCounts, NO_COUNTS, type StreamerCounts, type StreamerStats } from '../streaming/stats.ts'
import type { WorkflowResult } from '../run/result.ts'

/**
 * Returns the result of a completed run.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_OUTPUT` for an output that is missing or damaged, `ERR_SPILLWAY_JOURNAL` for a
 *   damaged run directory, `ERR_SPILLWAY_IO`
 */
export async function recallRun(
  { directory, workflow, state }: Pick<ResumePlan, 'directory' | 'workflow' | 'state'>,
  dataFlowManager: DataFlowManager,
): Promise<WorkflowResult> {
  const { workflowId, path } = directory
  const isWritten = workflow.results !== false
  const stored = isWritten ? await readRunFile<StoredAggregates>(new ResultsDirectory(path).aggregatesPath) : null
  const journal = { state, settle: () => Promise.resolve() }
  const sources = {
    dataFlowManager,
    results: (phase: string) => (isWritten ? new PhaseResults({ phase, directory, workflow, journal }) : null),
    aggregates: (phase: string): PhaseSummary | null => stored?.phases[phase] ?? null,
  }
  const phases = Object.create(null) as Record<string, PhaseResult>
  for (const { name } of workflow.phases) {
    const result = await recallPhase({ workflowId, ...state.phase(name) }, name, sources)
    if (result !== undefined) phases[name] = result
  }
  const counts = isWritten ? totalOf(phases) : null
  return {
    workflowId,
    status: 'completed',
    directory: path,
    phases,
    aggregatedResults: stored && counts && aggregatedResults(stored, counts),
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
