/**
 * The result of a phase that an earlier run has completed, made from the journal.
 */
import type { PhaseSummary } from '../../transforms/aggregate/summary-types.ts'
import type { DataFlowManager } from '../data-flow-manager.ts'
import { DefaultOutput } from '../execution/default-output.ts'
import type { PhaseEndedEntry } from '../journal/entries.ts'
import type { PhaseReference } from '../outputs/reference.ts'
import type { PhaseResult } from '../execution/run-context.ts'
import type { PhaseState, RunState } from '../journal/run-state.ts'

/** Where the outputs, records and aggregates of phases are found. */
interface PhaseRemains {
  readonly dataFlowManager: DataFlowManager
  /** The phase's records; null where none are written. */
  results(this: void, phase: string): PhaseReference | null
  /** The phase's aggregates; null where there are none. */
  aggregates(this: void, phase: string): PhaseSummary | null
}

/**
 * The result of a phase; undefined for one that was not completed, or has no output for later phases.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_OUTPUT`, `ERR_SPILLWAY_IO` for a stored output that cannot be read
 */
export async function recallPhase(
  { workflowId, ...state }: Pick<RunState, 'workflowId'> & PhaseState,
  phase: string,
  remains: PhaseRemains,
): Promise<PhaseResult | undefined> {
  const { ended } = state
  if (ended?.status !== 'completed') return undefined
  const output = await outputOf(ended.output)
  if (output === null) return undefined
  const { containers, records, counts, elapsedMs } = ended
  const aggregates = remains.aggregates(phase)
  return {
    phase,
    status: 'completed',
    error: null,
    containers,
    unlisted: { count: 0, ids: [] },
    records,
    newRecords: 0,
    counts,
    aggregates,
    output,
    elapsedMs,
  }

  async function outputOf(kind: PhaseEndedEntry['output']): Promise<PhaseReference | null> {
    if (kind === 'stored') return remains.dataFlowManager.createReference(workflowId, phase)
    const results = remains.results(phase)
    if (kind === 'results') return results
    const aggregates = remains.aggregates(phase)
    return results === null || aggregates === null ? null : new DefaultOutput(results, aggregates)
  }
}
