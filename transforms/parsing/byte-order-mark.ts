/**
 * Removes the byte order mark that some programs write at the start of UTF-8 text, for any division into chunks.
 */

const MARK = Buffer.from([0xef, 0xbb, 0xbf])

/** Passes bytes on without a byte order mark at their start. Holds at most two bytes. */
export class ByteOrderMark {
  #start: Buffer | null = Buffer.alloc(0)

  /** Returns the bytes that can be passed on after adding `bytes`. Empty while the bytes so far may still be a mark. */
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

  /** Called at the end of the text. Returns held bytes that began like a mark but were not a mark. */
  rest(): Buffer {
    const rest = this.#start ?? Buffer.alloc(0)
    this.#start = null
    return rest
  }
}
