/**
 * Keeps everything that is read or changed within the run directory.
 */
import { lstat, opendir, realpath } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { errnoOf, SpillwayError } from '../core/errors.ts'

/**
 * Refuses a run directory that contains a symbolic link: a resume would truncate a file outside of it. The directory itself may be
 * reached through a link. Memory: one open directory for each level.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_JOURNAL` with the path of the link; the error of the system
 */
export async function refuseLinks(directory: string): Promise<void> {
  try {
    for await (const entry of await opendir(directory)) {
      const path = join(directory, entry.name)
      if (entry.isSymbolicLink()) {
        throw new SpillwayError(
          'ERR_SPILLWAY_JOURNAL',
          `${path} is a symbolic link, and links in a run directory are not followed. Put the file or directory itself there.`,
          { place: { path } },
        )
      }
      if (entry.isDirectory()) await refuseLinks(path)
    }
  } catch (cause) {
    // The run may be in progress, and have removed it.
    if (errnoOf(cause) !== 'ENOENT') throw cause
  }
}

/**
 * The directory that a link leads to: a run is resumed where it is, as its outputs are found by its name. Any other path
 * is returned as it is.
 *
 * @throws the error of the system
 */
export async function resolveLink(directory: string): Promise<string> {
  // Resolved, because a slash at the end would follow the link.
  return (await lstat(resolve(directory))).isSymbolicLink() ? realpath(directory) : directory
}

/** Whether the name of a file in the journal, its path with slashes, stays within the run directory. */
export function isWithinRun(file: string): boolean {
  return file.split('/').every((part) => !['', '.', '..'].includes(part) && !/[\\\0]/.test(part))
}
