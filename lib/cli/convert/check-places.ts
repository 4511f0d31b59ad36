/**
 * Checks the input and output paths of a conversion before anything is read or written, so that a mistyped name
 * destroys no data.
 */
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Stats } from 'node:fs'
import { errnoOf, messageOf, SpillwayError } from '../../core/errors.ts'
import type { ConversionPlan } from './conversion-plan.ts'

const REMEDY = 'Choose another name, or pass --overwrite.'

/** Input that is a regular file, which can be read twice. */
export interface InputFile {
  readonly path: string
  readonly bytes: number
}

/**
 * Checks that the input exists and that no file is overwritten without permission.
 *
 * @returns the input; null if it is not a regular file, such as a pipe
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION` if the input is missing or a directory; `ERR_SPILLWAY_EXISTS` if the output
 *   exists and may not be overwritten, or is the input itself
 */
export async function checkPlaces(plan: ConversionPlan): Promise<InputFile | null> {
  const { source, target, deadLetterPath, onDeadLetters, overwrite } = plan
  const input = typeof source === 'string' ? await statOfInput(source) : undefined
  const outputs = typeof target === 'string' ? [target, deadLetterPath] : [deadLetterPath]
  for (const path of outputs) {
    const found = await statOf(path)
    if (found === undefined) continue
    if (input !== undefined && isSameFile(found, input)) {
      throw exists(path, `${path} is the input itself. Choose another name.`)
    }
    if (path === deadLetterPath) {
      if (onDeadLetters === 'error')
        throw exists(path, `${path} holds the rejected records of an earlier run. ${REMEDY}`)
    } else if (!overwrite) throw exists(path, `${path} already exists. ${REMEDY}`)
  }
  if (typeof target === 'string' && resolve(target) === resolve(deadLetterPath)) {
    throw exists(target, `${target} cannot be both the output and the dead-letter file. Choose another name for one.`)
  }
  return typeof source === 'string' && input?.isFile() === true ? { path: source, bytes: input.size } : null
}

async function statOfInput(path: string): Promise<Stats> {
  const found = await statOf(path)
  if (found === undefined) throw misuse(path, `There is no file ${path}.`)
  if (found.isDirectory()) throw misuse(path, `${path} is a directory: name one file in it.`)
  return found
}

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path)
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return undefined
    const reason = errnoOf(cause) === 'ENOTDIR' ? 'a part of its path is a file' : messageOf(cause)
    throw io(path, `Cannot open ${path}: ${reason}.`, cause)
  }
}

function isSameFile(one: Stats, other: Stats): boolean {
  return one.dev === other.dev && one.ino === other.ino
}

function misuse(path: string, message: string): SpillwayError {
  return new SpillwayError('ERR_SPILLWAY_OPTION', message, { place: { path } })
}

function io(path: string, message: string, cause?: unknown): SpillwayError {
  return new SpillwayError('ERR_SPILLWAY_IO', message, { place: { path }, ...(cause !== undefined && { cause }) })
}

function exists(path: string, message: string): SpillwayError {
  return new SpillwayError('ERR_SPILLWAY_EXISTS', message, { place: { path } })
}
