/**
 * Makes the files of a run that was interrupted complete, without going on with it.
 */
import { openFileTarget } from '../../sinks/files/file-target.ts'
import { Journal } from '../journal/journal.ts'
import { expectJournal, readRunState } from '../journal/reader.ts'
import { restoreRun, type CutFile } from './restore.ts'
import { RunLock } from '../run/lock.ts'

/** What a repair has changed. */
export interface RunRepair {
  /** Id of the run. */
  readonly workflowId: string
  /** Files that were cut back to what was committed, or removed. */
  readonly cut: readonly CutFile[]
  /** Rows that were committed, in all phases. */
  readonly rows: number
}

/**
 * Cuts the files of a run back to what was committed, so that all of them can be read to their end. It can be resumed all
 * the same.
 *
 * @param directory - that of the run
 * @throws {SpillwayError} `ERR_SPILLWAY_JOURNAL`, `ERR_SPILLWAY_LOCKED`, `ERR_SPILLWAY_IO`
 */
export async function repairRun(directory: string): Promise<RunRepair> {
  await expectJournal(directory)
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
