/**
 * Makes `aggregates.json` of a run from the logs of its journal.
 */
import { Aggregates } from '../../transforms/aggregate/aggregates.ts'
import { summarizeWorkflow } from '../../transforms/aggregate/summaries.ts'
import { readAggregates } from '../journal/aggregates-log.ts'
import type { RunState } from '../journal/run-state.ts'
import { aggregatesPath } from '../run/directory.ts'
import { storedAggregates, type StoredAggregates } from '../streaming/aggregated-results.ts'
import { resolveResultStreamerOptions } from '../streaming/options.ts'
import { addCounts, NO_COUNTS } from '../streaming/stats.ts'
import { streamerOptionsOf } from '../workflow/results-settings.ts'

/**
 * The aggregates of all committed records; null for a run that writes no results. Memory: the aggregates.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_JOURNAL` for a log that is missing or damaged
 */
export async function aggregatesOfRun(directory: string, state: RunState): Promise<StoredAggregates | null> {
  const { workflowId, workflow: entry } = state
  if (entry === undefined || entry.workflow.results === false) return null
  const { results, objective, phases } = entry.workflow
  const { tee } = resolveResultStreamerOptions({
    ...streamerOptionsOf(results),
    workflowId,
    outputDir: directory,
    objective,
  })
  const states: Aggregates[] = []
  let counts = NO_COUNTS
  for (const { name: phase } of phases) {
    const { commit } = state.phase(phase)
    if (commit === undefined) continue
    counts = addCounts(counts, commit.counts)
    states.push(
      commit.aggregates === null
        ? new Aggregates({ ...tee, phase })
        : await readAggregates(aggregatesPath(directory, phase), commit.aggregates),
    )
  }
  return states.length === 0 ? null : storedAggregates(workflowId, summarizeWorkflow(states), counts)
}
