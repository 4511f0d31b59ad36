/**
 * Reads the workflow file that the user named.
 */
import { SpillwayError } from '../../core/errors.ts'
import { loadWorkflow } from '../../workflow/file.ts'
import type { ResolvedWorkflow } from '../../workflow/types.ts'

/**
 * As `loadWorkflow`, but a file that cannot be read is a mistake in the arguments, like one that is invalid.
 *
 * @param topologies - the names that phases may use; undefined if they are not known
 * @throws {SpillwayError} `ERR_SPILLWAY_WORKFLOW`; `ERR_SPILLWAY_OPTION` if the file cannot be read
 */
export async function readWorkflow(file: string, topologies: readonly string[] | undefined): Promise<ResolvedWorkflow> {
  try {
    return await loadWorkflow(file, topologies === undefined ? {} : { topologies })
  } catch (cause) {
    if (!(cause instanceof SpillwayError) || cause.code !== 'ERR_SPILLWAY_IO') throw cause
    throw new SpillwayError('ERR_SPILLWAY_OPTION', cause.message, { cause, place: cause.place })
  }
}
