/**
 * Drops the byte order mark that some programs put in front of UTF-8 text, however the text is cut into chunks.
 */

const MARK = Buffer.from([0xef, 0xbb, 0xbf])

/** Passes bytes on, without the mark that may start them. Holds at most two bytes. */
export class ByteOrderMark {
  #start: Buffer | null = Buffer.alloc(0)

  /** What is known of the text with `bytes` added: without the mark, or nothing yet while it may be one. */
  strip(bytes: Buffer): Buffer {
    if (this.#start === null) return bytes
    const start = Buffer.concat([this.#start, bytes])
    if (start.length < MARK.length && MARK.subarray(0, start.length).equals(start)) {
      this.#start = start
      return start.subarray(0, 0)
    }
    this.#start = null
    return start.subarray(0, MARK.length).equals(MARK) ? start.subarray(MARK.length) : start
  }

  /** At the end of the text: the bytes that began like a mark and were none. */
  rest(): Buffer {
    const rest = this.#start ?? Buffer.alloc(0)
    this.#start = null
    return rest
  }
}
