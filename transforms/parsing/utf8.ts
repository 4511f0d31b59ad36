/**
 * Where UTF-8 can be cut, and how much of it is valid. `isUtf8` of Node.js checks gigabytes per second, so whole chunks
 * are checked with it, and single rows only in a chunk that is not valid.
 */
import { isUtf8 } from 'node:buffer'

const NOTHING = Buffer.alloc(0)

/** Cuts chunks between characters. Holds the first bytes of one character. */
export class WholeCharacters {
  #open: Buffer = NOTHING

  /** Whether the bytes so far end within a character. */
  get isOpen(): boolean {
    return this.#open.length > 0
  }

  /** Returns the whole characters of the bytes so far that were not returned yet. */
  take(bytes: Buffer): Buffer {
    const all = this.#open.length === 0 ? bytes : Buffer.concat([this.#open, bytes])
    const end = endOfWhole(all)
    // A copy, because the bytes may be in a buffer that is used again.
    this.#open = end === all.length ? NOTHING : Buffer.from(all.subarray(end))
    return all.subarray(0, end)
  }
}

/** The length of the longest valid beginning of bytes that are not valid as a whole. */
export function validLength(bytes: Buffer): number {
  let valid = 0
  let invalid = bytes.length
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1
    if (isUtf8(bytes.subarray(0, startOfCharacter(bytes, middle)))) valid = middle
    else invalid = middle
  }
  return startOfCharacter(bytes, valid)
}

function endOfWhole(bytes: Buffer): number {
  for (let at = bytes.length - 1; at >= Math.max(0, bytes.length - 3); at--) {
    const byte = bytes[at] as number
    if (isContinuation(byte)) continue
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return at + length > bytes.length ? at : bytes.length
  }
  return bytes.length
}

function startOfCharacter(bytes: Buffer, at: number): number {
  let start = at
  while (start > 0 && start > at - 3 && isContinuation(bytes[start])) start--
  return start
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}
