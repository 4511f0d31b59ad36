/**
 * Encodes the names of workflows, phases and containers as file names, and rejects names that no file can have.
 */
import { SpillwayError } from './errors.ts'

/** The greatest length of an encoded name, in bytes. */
export const MAX_NAME_BYTES = 200

/** Device names that Windows reserves in every folder, with or without an extension. */
const WINDOWS_DEVICE = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i

/**
 * Encodes a name as one path segment. Letters, digits, `-`, `_` and `.` stay; all else is percent-encoded as UTF-8.
 *
 * @param name - the name as given
 * @param what - the kind of thing that has the name, for the message
 * @throws {SpillwayError} `ERR_SPILLWAY_NAME` for a name that is empty, `.` or `..`, contains NUL or a lone surrogate,
 *   ends with a dot, is longer than {@link MAX_NAME_BYTES} bytes once encoded, or is a device name on Windows
 */
export function encodeName(name: string, what: string): string {
  const problem = problemOf(name)
  if (problem !== undefined) throw unusableName(name, what, problem)
  const encoded = encodeURIComponent(name).replace(/[!'()*~]/g, percentEncode)
  if (encoded.length > MAX_NAME_BYTES) {
    throw unusableName(name, what, `takes ${encoded.length} bytes as a file name, more than ${MAX_NAME_BYTES}`)
  }
  return encoded
}

/** Decodes a file name of {@link encodeName}; undefined when its percent-encoding is invalid. */
export function decodeName(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded)
  } catch {
    return undefined
  }
}

/** A path or a name as an argument of a command that a message shows. */
export function quoteForShell(text: string): string {
  return /^[\w./:@%+,=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

function problemOf(name: string): string | undefined {
  if (name === '') return 'is empty'
  if (name === '.' || name === '..') return 'refers to a folder'
  if (name.includes('\0')) return 'contains a NUL character'
  if (!name.isWellFormed()) return 'contains half of a surrogate pair'
  if (name.endsWith('.')) return 'ends with a dot'
  if (WINDOWS_DEVICE.test(name)) return 'is a device name on Windows'
  return undefined
}

function percentEncode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}

function unusableName(name: string, what: string, problem: string): SpillwayError {
  const shown = name.length > 60 ? `${name.slice(0, 60)}...` : name
  return new SpillwayError(
    'ERR_SPILLWAY_NAME',
    `The ${what} ${JSON.stringify(shown)} cannot be a file name: it ${problem}. Choose another name.`,
  )
}

/**
 * Encodes names and rejects two names that differ only in letter case or in Unicode normalization. Some file systems
 * treat such names as the same name.
 */
export class NameRegistry {
  readonly #what: string
  readonly #names = new Map<string, string>()

  constructor(what: string) {
    this.#what = what
  }

  /**
   * Registers `name` and returns its encoded form. The same name may be registered again.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_NAME` as {@link encodeName} does, and when a registered name is too similar
   */
  claim(name: string): string {
    const encoded = encodeName(name, this.#what)
    const folded = name.normalize('NFC').toLowerCase()
    const holder = this.#names.get(folded)
    if (holder !== undefined && holder !== name) {
      throw unusableName(name, this.#what, `differs from ${JSON.stringify(holder)} in letter case only`)
    }
    this.#names.set(folded, name)
    return encoded
  }
}
