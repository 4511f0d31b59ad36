/**
 * The names of part files: `part-00000.jsonl`, numbered from 0 within their directory.
 */
import { readdir } from 'node:fs/promises'
import { errnoOf } from '../../lib/core/errors.ts'
import { ioError } from './file-target.ts'
import { NumberedNames } from './numbered-names.ts'

const PARTS = new NumberedNames('part-', 5)

/** The file name of a part. */
export function partName(number: number, extension: string): string {
  return PARTS.make(number, extension)
}

/**
 * The names of the parts in a directory, of any format, in ascending order of their numbers. Empty when the directory
 * does not exist.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_IO`
 */
export async function listParts(directory: string): Promise<string[]> {
  try {
    const names = await readdir(directory)
    return names.filter((name) => PARTS.parse(name) !== undefined).sort((a, b) => partNumber(a) - partNumber(b))
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return []
    throw ioError('list', directory, cause)
  }
}

/** The number in the file name of a part; NaN for another name. */
export function partNumber(name: string): number {
  return PARTS.parse(name) ?? NaN
}
