/**
 * Repairs the files of a run without resuming it.
 */
import { openFileTarget } from '../../sinks/files/file-target.ts'
import { Journal } from '../journal/journal.ts'
import { expectRunDirectory, readRunState } from '../journal/reader.ts'
import { checkRun } from './check-run.ts'
import { remediesFor, type RunProblem } from './problems.ts'
import { restoreRun, type CutFile } from './restore.ts'
import { RunLock } from '../run/lock.ts'

/** The changes of a repair. */
export interface RunRepair {
  /** Id of the run. */
  readonly workflowId: string
  /** Files that were truncated to their last commit, or removed. */
  readonly cut: readonly CutFile[]
  /** Problems that were mended: files that were made anew from the journal, or removed. */
  readonly mended: readonly RunProblem[]
  /** Problems that a repair cannot mend. */
  readonly problems: readonly RunProblem[]
  /** The commands that mend them; where none does, what else helps. */
  readonly remedies: readonly string[]
  /** Number of committed rows in all phases. */
  readonly rows: number
}

/**
 * Truncates the files of an interrupted run to their last commits, so that all files can be read to their end. The run
 * can still be resumed. Then checks all files of the run, interrupted or completed, and makes those anew that the journal
 * has all of. Memory: the readers, the aggregates, and the names of the parts of one phase.
 *
 * @param directory - the run directory
 * @throws {SpillwayError} `ERR_SPILLWAY_JOURNAL` for a directory that is not a run directory, or files that are
 *   damaged; `ERR_SPILLWAY_LOCKED` while another process uses the directory; `ERR_SPILLWAY_IO`
 */
export async function repairRun(directory: string): Promise<RunRepair> {
  await expectRunDirectory(directory)
  await using _lock = await RunLock.take(directory)
  const state = await readRunState(directory)
  const phases = (state.workflow?.workflow.phases ?? []).map(({ name }) => name)
  const cut: CutFile[] = []
  if (state.workflow !== undefined && state.ended?.status !== 'completed') {
    const journal = await Journal.open({ directory, openTarget: openFileTarget, state })
    try {
      await restoreRun(directory, new Set(phases), journal, (file) => cut.push(file))
    } finally {
      await journal.close()
    }
  }
  const { findings } = await checkRun(directory, state, true)
  const mended: RunProblem[] = []
  const problems: RunProblem[] = []
  for (const { problem, mend } of findings) {
    await mend?.()
    if (mend === undefined) problems.push(problem)
    else mended.push(problem)
  }
  const rows = phases.reduce((sum, phase) => sum + (state.phase(phase).commit?.counts.written ?? 0), 0)
  return { workflowId: state.workflowId, cut, mended, problems, remedies: remediesFor(directory, problems), rows }
}
