/**
 * JSON lines with a checksum each, so that a line that was changed, removed or moved is found.
 *
 * The last key of a line, `lineCrc32`, is the CRC-32 of the bytes before that key, computed on from the `lineCrc32` of
 * the line before. The first line that a process writes starts from 0.
 */
import { createReadStream } from 'node:fs'
import { crc32 } from 'node:zlib'

const KEY = ',"lineCrc32":'

/** The key, ten digits and a brace. */
const MAX_END_BYTES = KEY.length + 11

/** Makes the lines that one process writes into a file. */
export class CheckedLines {
  #sum: number | null = null

  /** The checksum of the last line; null before the first. */
  get sum(): number | null {
    return this.#sum
  }

  /**
   * The next line, with its line end.
   *
   * @param json - the text of an object with at least one key
   */
  make(json: string): string {
    const text = json.slice(0, -1)
    this.#sum = crc32(text, this.#sum ?? 0)
    return `${text}${KEY}${this.#sum}}\n`
  }
}

/** A line that was read. */
export interface CheckedLine {
  /** Number of the line, from 1. */
  readonly number: number
  /** Number of its bytes, with its line end. */
  readonly byteLength: number
  /** The text of the object without its checksum; the whole line where it has none. */
  readonly json: string
  /** The checksum that it has; null where it has none. */
  readonly sum: number | null
  /** Whether it matches its checksum. */
  readonly isIntact: boolean
  /** Whether it has a line end: only the last line can be without one. */
  readonly isEnded: boolean
}

/**
 * Reads the lines of a file and checks them. Memory: one line and one chunk.
 *
 * @param bytes - how many bytes to read, from the start of the file; more than 0
 * @throws the error of the system
 */
export async function* readCheckedLines(path: string, bytes = Infinity): AsyncGenerator<CheckedLine, void, undefined> {
  let number = 0
  let before = 0
  for await (const { line, isEnded } of readLines(path, bytes)) {
    number += 1
    const byteLength = line.length + (isEnded ? 1 : 0)
    const end = line.lastIndexOf(KEY)
    const sum = end < line.length - MAX_END_BYTES ? null : sumIn(line.toString('latin1', end + KEY.length))
    if (sum === null) yield { number, byteLength, json: line.toString(), sum, isIntact: false, isEnded }
    else {
      const text = line.subarray(0, end)
      const isIntact = isEnded && (crc32(text, before) === sum || crc32(text) === sum)
      yield { number, byteLength, json: `${text.toString()}}`, sum, isIntact, isEnded }
    }
    before = sum ?? 0
  }
}

/** The number in the end of a line; null for another text. */
function sumIn(text: string): number | null {
  const digits = text.slice(0, -1)
  return text.endsWith('}') && String(Number(digits)) === digits ? Number(digits) : null
}

async function* readLines(
  path: string,
  bytes: number,
): AsyncGenerator<{ line: Buffer; isEnded: boolean }, void, undefined> {
  let pieces: Buffer[] = []
  for await (const chunk of createReadStream(path, { end: bytes - 1 }) as AsyncIterable<Buffer>) {
    let from = 0
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      pieces.push(chunk.subarray(from, at))
      yield { line: joined(pieces), isEnded: true }
      pieces = []
      from = at + 1
    }
    if (from < chunk.length) pieces.push(chunk.subarray(from))
  }
  if (pieces.length > 0) yield { line: joined(pieces), isEnded: false }
}

function joined(pieces: readonly Buffer[]): Buffer {
  const [first] = pieces
  return first !== undefined && pieces.length === 1 ? first : Buffer.concat(pieces)
}
