/**
 * Mends the end of a file of lines that a crash has cut short.
 */
import { open } from 'node:fs/promises'
import { errnoOf } from '../../lib/core/errors.ts'
import { ioError } from './file-target.ts'

/**
 * Ends the last line of a file, so that the next one does not run into it. A file that is not there is left alone.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_IO`
 */
export async function endTornLine(path: string): Promise<void> {
  try {
    const handle = await open(path, 'r+')
    try {
      const { size } = await handle.stat()
      const last = Buffer.alloc(1)
      if (size > 0) await handle.read(last, 0, 1, size - 1)
      if (size > 0 && last.toString() !== '\n') await handle.write('\n', size)
    } finally {
      await handle.close()
    }
  } catch (cause) {
    // Whoever opens the file to write tells of a path that cannot be.
    if (errnoOf(cause) !== 'ENOENT' && errnoOf(cause) !== 'ENOTDIR') throw ioError('open', path, cause)
  }
}
