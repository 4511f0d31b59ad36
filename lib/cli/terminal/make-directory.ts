/**
 * Makes the directory of an output.
 */
import { mkdir, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { errnoOf, messageOf, SpillwayError } from '../../core/errors.ts'

/**
 * Creates a directory and its missing parents, one after the other: the recursive `mkdir` of Node.js never returns
 * where the system refuses a new directory with ENOENT, as below `/proc`.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION` with the path and the reason
 */
export async function makeOutputDirectory(path: string): Promise<void> {
  const missing: string[] = []
  let directory = resolve(path)
  try {
    for (; !(await exists(directory)); directory = dirname(directory)) missing.push(directory)
    for (directory of missing.toReversed()) await makeOne(directory)
  } catch (cause) {
    const reason = errnoOf(cause) === 'ENOENT' ? 'this file system takes no new directories there' : messageOf(cause)
    throw new SpillwayError(
      'ERR_SPILLWAY_OPTION',
      `The directory ${directory} cannot be made: ${reason}. Choose another place for the output.`,
      { cause, place: { path: directory } },
    )
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    throw error
  }
}

async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path)
  } catch (error) {
    // Another process made it.
    if (errnoOf(error) !== 'EEXIST') throw error
  }
}
