/**
 * Makes the directory of an output.
 */
import { makeDirectories } from '../../../sinks/files/file-target.ts'
import { errnoOf, messageOf, SpillwayError } from '../../core/errors.ts'

/**
 * Creates a directory and its missing parents.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION` with the path and the reason
 */
export async function makeOutputDirectory(path: string): Promise<void> {
  try {
    await makeDirectories(path)
  } catch (cause) {
    // The parent that could not be made.
    const { path: refused = path } = cause as NodeJS.ErrnoException
    const reason = errnoOf(cause) === 'ENOENT' ? 'this file system takes no new directories there' : messageOf(cause)
    throw new SpillwayError(
      'ERR_SPILLWAY_OPTION',
      `The directory ${refused} cannot be made: ${reason}. Choose another place for the output.`,
      { cause, place: { path: refused } },
    )
  }
}
