/**
 * Repairs the files of an interrupted run without resuming the run.
 */
import { openFileTarget } from '../../sinks/files/file-target.ts'
import { Journal } from '../journal/journal.ts'
import { expectRunDirectory, readRunState } from '../journal/reader.ts'
import { restoreRun, type CutFile } from './restore.ts'
import { RunLock } from '../run/lock.ts'

/** The changes of a repair. */
export interface RunRepair {
  /** Id of the run. */
  readonly workflowId: string
  /** Files that were truncated to their last commit, or removed. */
  readonly cut: readonly CutFile[]
  /** Number of committed rows in all phases. */
  readonly rows: number
}

/**
 * Truncates the files of a run to their last commits, so that all files can be read to their end. The run can still be
 * resumed. A completed run is not changed. Memory: the aggregates.
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
  if (state.ended?.status !== 'completed') {
    const journal = await Journal.open({ directory, openTarget: openFileTarget, state })
    try {
      await restoreRun(directory, new Set(phases), journal, (file) => cut.push(file))
    } finally {
      await journal.close()
    }
  }
  const rows = phases.reduce((sum, phase) => sum + (state.phase(phase).commit?.counts.written ?? 0), 0)
  return { workflowId: state.workflowId, cut, rows }
}
