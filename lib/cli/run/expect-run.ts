/**
 * Checks the path of a run before a command opens it.
 */
import { stat } from 'node:fs/promises'
import { errnoOf, messageOf, SpillwayError } from '../../core/errors.ts'
import { expectRunDirectory } from '../../journal/reader.ts'

/**
 * Checks that there is a run directory.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION` if there is none, `ERR_SPILLWAY_IO` if it cannot be read
 */
export async function expectRun(path: string): Promise<void> {
  if (await isRunDirectory(path)) return
  throw misuse(path, `${path} is a file, not a run directory. Give the directory that contains workflow.json.`)
}

/**
 * Whether the path is a run directory; false for a file.
 *
 * @throws as {@link expectRun}, also for a directory that is no run
 */
export async function isRunDirectory(path: string): Promise<boolean> {
  try {
    if (!(await stat(path)).isDirectory()) return false
    await expectRunDirectory(path)
    return true
  } catch (cause) {
    const errno = errnoOf(cause)
    if (errno === 'ENOENT' || errno === 'ENOTDIR') throw misuse(path, `There is no file or directory ${path}.`, cause)
    // Any other error of the journal names a file in the directory.
    const isNoRun = errno === 'ERR_SPILLWAY_JOURNAL' && (cause as SpillwayError).place.path === path
    if (isNoRun) throw misuse(path, messageOf(cause), cause)
    throw cause
  }
}

function misuse(path: string, message: string, cause?: unknown): SpillwayError {
  return new SpillwayError('ERR_SPILLWAY_OPTION', message, { place: { path }, ...(cause !== undefined && { cause }) })
}
