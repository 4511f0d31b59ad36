/**
 * A buffer that joins pieces into one write. Its memory is reused for every write: allocating new memory for each write
 * costs more than encoding the data.
 */

/**
 * Bytes of a full write. While encoding keeps the thread busy, a new write starts only when the code awaits something.
 * With fewer and larger writes, more bytes are written by that time.
 */
const WRITE_BYTES = 1024 * 1024

/**
 * Collects pieces up to 1 MB. Memory: at most twice the bytes that were collected at once, and never more than 1 MB.
 */
export class WriteBuffer {
  #bytes = Buffer.alloc(0)
  #length = 0

  /** Bytes collected. */
  get length(): number {
    return this.#length
  }

  /** The collected bytes. Valid until {@link clear} is called. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  /** Adds a copy of `piece`. Returns false and adds nothing when there is not enough room. */
  add(piece: Uint8Array): boolean {
    const needed = this.#length + piece.length
    if (needed > WRITE_BYTES) return false
    if (needed > this.#bytes.length) this.#growTo(Math.min(needed * 2, WRITE_BYTES))
    this.#bytes.set(piece, this.#length)
    this.#length = needed
    return true
  }

  clear(): void {
    this.#length = 0
  }

  #growTo(byteLength: number): void {
    const grown = Buffer.allocUnsafeSlow(byteLength)
    grown.set(this.bytes)
    this.#bytes = grown
  }
}
