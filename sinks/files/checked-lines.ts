/**
 * JSON lines with a checksum each, so that a line that was changed, removed or moved is found.
 *
 * The last key of a line, `lineCrc32`, is the CRC-32 of the bytes before that key, computed on from the `lineCrc32` of
 * the line before. The first line starts from 0, and so does one after a line without a checksum.
 */
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'

const KEY = ',"lineCrc32":'

/** The greatest CRC-32. */
const MAX_SUM = 0xff_ff_ff_ff

/** The key, ten digits and a brace. */
const MAX_END_BYTES = KEY.length + 11

/** Makes the lines of a file. */
export class CheckedLines {
  #sum: number | null

  /** @param sum - the checksum of the last line of the file; null for a new file */
  constructor(sum: number | null = null) {
    this.#sum = sum
  }

  /**
   * Continues a file whose last line has a line end.
   *
   * @throws the error of the system
   */
  static async continue(path: string): Promise<CheckedLines> {
    await using file = await open(path)
    const { size } = await file.stat()
    const end = Buffer.alloc(Math.min(size, MAX_END_BYTES + 1))
    await file.read(end, 0, end.length, size - end.length)
    return new CheckedLines(sumAtEnd(end.subarray(0, -1)))
  }

  /** The checksum of the last line; null without one. */
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
    const sum = sumAtEnd(line)
    if (sum === null) yield { number, byteLength, json: line.toString(), sum, isIntact: false, isEnded }
    else {
      const text = line.subarray(0, line.lastIndexOf(KEY))
      const isIntact = isEnded && crc32(text, before) === sum
      yield { number, byteLength, json: `${text.toString()}}`, sum, isIntact, isEnded }
    }
    before = sum ?? 0
  }
}

/** The checksum at the end of a line; null for a line without one. */
function sumAtEnd(line: Buffer): number | null {
  const end = line.toString('latin1', Math.max(0, line.length - MAX_END_BYTES))
  const at = end.lastIndexOf(KEY)
  const digits = end.slice(at + KEY.length, -1)
  const sum = Number(digits)
  const isSum = at !== -1 && end.endsWith('}') && String(sum) === digits && sum <= MAX_SUM
  return isSum ? sum : null
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
