/**
 * Text of any encoding as UTF-8. A byte order mark decides the encoding and is removed, for any division into chunks.
 */
import { TextDecoder } from 'node:util'
import { SpillwayError } from '../../lib/core/errors.ts'
import type { Check } from '../../lib/core/options.ts'

const NOTHING = Buffer.alloc(0)

/** The byte order marks, and what follows each of them. */
const MARKS = [
  { mark: Buffer.from([0xef, 0xbb, 0xbf]), encoding: 'utf-8' },
  { mark: Buffer.from([0xff, 0xfe, 0x00, 0x00]), encoding: 'utf-32' },
  { mark: Buffer.from([0x00, 0x00, 0xfe, 0xff]), encoding: 'utf-32' },
  { mark: Buffer.from([0xff, 0xfe]), encoding: 'utf-16le' },
  { mark: Buffer.from([0xfe, 0xff]), encoding: 'utf-16be' },
] as const

/** What a decoder puts where bytes have no meaning in their encoding. */
const REPLACEMENT = '\ufffd'

/** A byte that UTF-8 never has. It marks text that could not be decoded, so that its line or row is rejected. */
const INVALID = Buffer.from([0xff])

/** Accepts the names of encodings that this Node.js can decode. */
export const encodingCheck: Check = {
  expected: 'an encoding that Node.js can decode, such as utf-8, utf-16le, windows-1252 or shift_jis',
  accepts: (value) => typeof value === 'string' && isEncoding(value),
}

/** Decodes the bytes of a text into UTF-8. Holds at most three bytes of a mark, and those of one character. */
export class InputText {
  readonly #given: string | undefined
  #start: Buffer | null = NOTHING
  #encoding = 'utf-8'
  #decoder: TextDecoder | null = null

  /** @param encoding - the encoding of text without a byte order mark. Undefined means UTF-8. */
  constructor(encoding?: string) {
    this.#given = encoding
  }

  /** The encoding, as far as it is known. */
  get encoding(): string {
    return this.#encoding
  }

  /**
   * Returns the UTF-8 that can be passed on after adding `bytes`. Empty while the bytes so far may still be a mark.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_INPUT` for UTF-32, and for UTF-16 that neither a mark nor an option names
   */
  decode(bytes: Buffer): Buffer {
    if (this.#start === null) return this.#pass(bytes)
    const start = Buffer.concat([this.#start, bytes])
    if (MARKS.some(({ mark }) => start.length < mark.length && mark.subarray(0, start.length).equals(start))) {
      this.#start = start
      return NOTHING
    }
    return this.#begin(start)
  }

  /** Called at the end of the text. Returns what is left. */
  rest(): Buffer {
    const rest = this.#start === null ? NOTHING : this.#begin(this.#start)
    return this.#decoder === null ? rest : Buffer.concat([rest, toUtf8(this.#decoder.decode())])
  }

  #begin(start: Buffer): Buffer {
    this.#start = null
    const found = MARKS.find(({ mark }) => start.subarray(0, mark.length).equals(mark))
    this.#encoding = found?.encoding ?? (this.#given === undefined ? 'utf-8' : new TextDecoder(this.#given).encoding)
    if (this.#encoding === 'utf-32') throw unreadable('is UTF-32', 'Convert it into UTF-8, for example by iconv.')
    if (found === undefined && this.#given === undefined) refuseUtf16(start)
    if (this.#encoding !== 'utf-8') this.#decoder = new TextDecoder(this.#encoding)
    return this.#pass(found === undefined ? start : start.subarray(found.mark.length))
  }

  #pass(bytes: Buffer): Buffer {
    return this.#decoder === null ? bytes : toUtf8(this.#decoder.decode(bytes, { stream: true }))
  }
}

/** Why a line or a row with invalid bytes is not a record. */
export function notDecodable(encoding: string): string {
  return encoding === 'utf-8'
    ? 'it has bytes that are not UTF-8 (if the text has another encoding, name it: `encoding`)'
    : `it has bytes that are not ${encoding}, or the character U+FFFD, which stands for such bytes`
}

/** The decoder replaces what it cannot decode. Here that becomes a byte that is not UTF-8. */
function toUtf8(text: string): Buffer {
  if (!text.includes(REPLACEMENT)) return Buffer.from(text)
  const parts = text.split(REPLACEMENT).flatMap((part) => [INVALID, Buffer.from(part)])
  return Buffer.concat(parts.slice(1))
}

/** Text does not begin with a NUL, so UTF-16 shows in its first character. */
function refuseUtf16(start: Buffer): void {
  if (start.length < 2 || (start[0] === 0) === (start[1] === 0)) return
  const encoding = start[1] === 0 ? 'utf-16le' : 'utf-16be'
  throw unreadable('looks like UTF-16 without a byte order mark', `Name its \`encoding\`: ${encoding}.`)
}

function unreadable(what: string, remedy: string): SpillwayError {
  return new SpillwayError('ERR_SPILLWAY_INPUT', `The text ${what}, and cannot be read as it is. ${remedy}`, {
    place: { line: 1 },
  })
}

function isEncoding(name: string): boolean {
  try {
    return new TextDecoder(name) instanceof TextDecoder
  } catch {
    return false
  }
}
