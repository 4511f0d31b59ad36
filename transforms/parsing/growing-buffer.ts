/**
 * Bytes put together from pieces of any size. Its room doubles when it is full, so that n bytes cost time in
 * proportion to n even when they come one by one, and take at most twice their number in memory.
 */

const NO_BYTES = Buffer.alloc(0)

/** Room kept for the next bytes once the buffer is emptied; more than that is given back. */
const KEPT_BYTES = 64 * 1024

/** A buffer that grows at its end. It copies what it is given. */
export class GrowingBuffer {
  #room = NO_BYTES
  #length = 0

  /** Bytes held. */
  get length(): number {
    return this.#length
  }

  append(bytes: Buffer): void {
    const length = this.#length + bytes.length
    if (length > this.#room.length) {
      const room = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#room.length))
      this.#room.copy(room, 0, 0, this.#length)
      this.#room = room
    }
    bytes.copy(this.#room, this.#length)
    this.#length = length
  }

  /** The bytes held, without a copy: valid until the next change. */
  view(): Buffer {
    return this.#room.subarray(0, this.#length)
  }

  /** Lets go of the first `count` bytes. */
  drop(count: number): void {
    if (count === 0) return
    this.#room.copyWithin(0, count, this.#length)
    this.#length -= count
  }

  clear(): void {
    this.#length = 0
    if (this.#room.length > KEPT_BYTES) this.#room = NO_BYTES
  }
}
