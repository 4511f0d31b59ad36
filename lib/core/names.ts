/**
 * Turns names from outside (workflows, phases, containers) into file names, and refuses those that cannot be.
 */
import { SpillwayError } from './errors.ts'

/** The longest file name made from a name, in bytes, after encoding. */
export const MAX_NAME_BYTES = 200

/** Device names that Windows gives a meaning in every folder, with or without an extension. */
const WINDOWS_DEVICE = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i

/**
 * Encodes a name as one path segment: letters, digits, `-`, `_`, `.` and the rest percent-encoded as UTF-8.
 *
 * @param name - the name as given
 * @param what - what the name is of, for the message
 * @throws {SpillwayError} `ERR_SPILLWAY_NAME` for a name that is empty, `.`, `..`, holds NUL or a lone surrogate,
 *   ends in a dot, is over {@link MAX_NAME_BYTES} bytes once encoded, or is a device name on Windows
 */
export function encodeName(name: string, what: string): string {
  const problem = problemOf(name)
  if (problem !== undefined) throw unusable(name, what, problem)
  const encoded = encodeURIComponent(name).replace(/[!'()*~]/g, percentEncode)
  if (encoded.length > MAX_NAME_BYTES) {
    throw unusable(name, what, `takes ${encoded.length} bytes as a file name, more than ${MAX_NAME_BYTES}`)
  }
  return encoded
}

/** The name that {@link encodeName} made a file name of; undefined for a file name that it has not made. */
export function decodeName(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded)
  } catch {
    return undefined
  }
}

function problemOf(name: string): string | undefined {
  if (name === '') return 'is empty'
  if (name === '.' || name === '..') return 'means a folder'
  if (name.includes('\0')) return 'holds a NUL character'
  if (!name.isWellFormed()) return 'holds half of a surrogate pair'
  if (name.endsWith('.')) return 'ends in a dot'
  if (WINDOWS_DEVICE.test(name)) return 'is a device name on Windows'
  return undefined
}

function percentEncode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}

function unusable(name: string, what: string, problem: string): SpillwayError {
  const shown = name.length > 60 ? `${name.slice(0, 60)}...` : name
  return new SpillwayError(
    'ERR_SPILLWAY_NAME',
    `The ${what} ${JSON.stringify(shown)} cannot be a file name: it ${problem}. Choose another name.`,
  )
}

/** Hands out encoded names and refuses two that differ in letter case only, as some file systems take them for one. */
export class NameRegistry {
  readonly #what: string
  readonly #names = new Map<string, string>()

  constructor(what: string) {
    this.#what = what
  }

  /**
   * The encoded form of `name`, remembered.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_NAME`
   */
  claim(name: string): string {
    const encoded = encodeName(name, this.#what)
    const folded = name.normalize('NFC').toLowerCase()
    const holder = this.#names.get(folded)
    if (holder !== undefined && holder !== name) {
      throw unusable(name, this.#what, `differs from ${JSON.stringify(holder)} in letter case only`)
    }
    this.#names.set(folded, name)
    return encoded
  }
}
