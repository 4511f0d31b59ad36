/**
 * Completes a line that was cut off at the end of a file, for example by a crash.
 */
import { open } from 'node:fs/promises'
import { errnoOf } from '../../lib/core/errors.ts'
import { ioError } from './file-target.ts'

/**
 * Adds a line end to the last line of a file if it has none. So the next line does not continue it. A missing file is
 * ignored.
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
    // A path that does not exist or cannot exist is reported when the file is opened for writing.
    if (errnoOf(cause) !== 'ENOENT' && errnoOf(cause) !== 'ENOTDIR') throw ioError('open', path, cause)
  }
}
