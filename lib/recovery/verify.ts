/**
 * Checks whether the files of a run match its journal: sizes, checksums, rows and counts.
 */
import type { RunStatus } from '../journal/entries.ts'
import { expectRunDirectory, readRunState } from '../journal/reader.ts'
import { RunLock } from '../run/lock.ts'
import type { VerifiedPhase } from './check-phase.ts'
import { checkRun } from './check-run.ts'
import { remediesFor, type RunProblem } from './problems.ts'

export type { VerifiedPhase } from './check-phase.ts'
export type { Remedy, RunProblem } from './problems.ts'

/** A checked run. */
export interface VerifiedRun {
  /** Id of the run. */
  readonly workflowId: string
  /** How the run ended; `unfinished` when the journal records no end. */
  readonly status: RunStatus | 'unfinished'
  /** The phases, in the order of the workflow. */
  readonly phases: readonly VerifiedPhase[]
  /** Empty when the files match the journal. */
  readonly problems: readonly RunProblem[]
  /** The commands that mend the problems, in their order; where none does, what else helps. */
  readonly remedies: readonly string[]
}

/**
 * Checks a run and reads all its files. Memory: the readers, the aggregates, and the names of the parts of one phase.
 * On a read-only file system it works without a lock.
 *
 * @param directory - the run directory
 * @throws {SpillwayError} `ERR_SPILLWAY_JOURNAL` for a directory that is not a run directory, or a journal that cannot
 *   be read; `ERR_SPILLWAY_LOCKED` while another process uses the directory; `ERR_SPILLWAY_IO`
 */
export async function verifyRun(directory: string): Promise<VerifiedRun> {
  await expectRunDirectory(directory)
  await using _lock = await RunLock.takeToRead(directory)
  const state = await readRunState(directory)
  const { phases, findings } = await checkRun(directory, state, true)
  const problems = findings.map(({ problem }) => problem)
  return {
    workflowId: state.workflowId,
    status: state.ended?.status ?? 'unfinished',
    phases,
    problems,
    remedies: remediesFor(directory, problems),
  }
}
