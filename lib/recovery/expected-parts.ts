/**
 * The parts of a phase that must be there before a resume continues it.
 */
import { join } from 'node:path'
import { ioError } from '../../sinks/files/file-target.ts'
import { SpillwayError } from '../core/errors.ts'
import { closedParts, numberOf } from '../journal/closed-parts.ts'
import type { CommitEntry } from '../journal/entries.ts'
import { wrongSizeOfPart } from '../journal/part-damage.ts'

/**
 * Checks that all parts before the last one of a commit are there, with their sizes. Their contents are checked when they
 * are read.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_JOURNAL` for a part that is missing or has another size; `ERR_SPILLWAY_IO`
 */
export async function expectParts(directory: string, { phase, file }: CommitEntry): Promise<void> {
  if (file === null) return
  for await (const part of closedParts(directory, phase)) {
    if (numberOf(part.file) >= numberOf(file)) continue
    const path = join(directory, part.file)
    const problem = await wrongSizeOfPart(directory, part).catch((cause: unknown) => {
      throw ioError('read', path, cause)
    })
    if (problem === undefined) continue
    throw new SpillwayError(
      'ERR_SPILLWAY_JOURNAL',
      `${path} ${problem}. Restore the file, or run the phase again with --accept-changes ${phase}.`,
      { place: { phase, path } },
    )
  }
}
