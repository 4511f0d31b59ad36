/**
 * Memory in which pieces are put together to one write, used again for one write after the other: fresh memory for each
 * costs more than encoding it.
 */

/**
 * Bytes of a write, when there are as many. While the source is busy, the next write begins only when somebody waits:
 * the fewer there are, the more of them are done by then.
 */
const WRITE_BYTES = 1024 * 1024

/** Takes pieces up to a megabyte. Memory: at most twice the bytes that were in it, and never more than a megabyte. */
export class WriteBuffer {
  #bytes = Buffer.alloc(0)
  #length = 0

  /** Bytes in it. */
  get length(): number {
    return this.#length
  }

  /** What is in it; that holds until it is cleared. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  /** Adds a copy of `piece`. Says false, and takes nothing, when there is no room for it. */
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
