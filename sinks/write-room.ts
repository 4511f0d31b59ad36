/**
 * Memory in which pieces are put together to one write, used again for one write after the other: fresh memory for each
 * costs more than encoding it.
 */

/**
 * Bytes of a write, when there are as many. While the source is busy, the next write begins only when somebody waits:
 * the fewer there are, the more of them are done by then.
 */
const WRITE_BYTES = 1024 * 1024

/** Memory of more bytes than this is not kept: one huge record would hold it for ever. */
const MOST_KEPT_BYTES = 2 * WRITE_BYTES

/** Takes pieces up to {@link WRITE_BYTES}, or one larger one. Memory: at most twice the bytes in it. */
export class WriteRoom {
  #bytes = Buffer.alloc(0)
  #length = 0

  /** Bytes in it. */
  get length(): number {
    return this.#length
  }

  /** Adds a copy of `piece`. Says false, and takes nothing, when it would be more than a write. */
  add(piece: Uint8Array): boolean {
    if (this.#length + piece.length > WRITE_BYTES && this.#length > 0) return false
    this.addAll(piece)
    return true
  }

  /** Adds a copy of `piece`, however large it is. */
  addAll(piece: Uint8Array): void {
    this.#reserve(piece.length)
    this.#bytes.set(piece, this.#length)
    this.#length += piece.length
  }

  /** Empties it, and gives what was in it; that holds until something is added. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#length)
    this.clear()
    return taken
  }

  clear(): void {
    this.#length = 0
    if (this.#bytes.length > MOST_KEPT_BYTES) this.#bytes = Buffer.alloc(0)
  }

  #reserve(byteLength: number): void {
    const needed = this.#length + byteLength
    if (needed <= this.#bytes.length) return
    const grown = Buffer.allocUnsafeSlow(needed > WRITE_BYTES ? needed : Math.min(needed * 2, WRITE_BYTES))
    this.#bytes.copy(grown, 0, 0, this.#length)
    this.#bytes = grown
  }
}
