/**
 * A buffer for bytes that arrive in pieces of any size. Its capacity doubles when it is full. So appending n bytes
 * takes time in proportion to n, even byte by byte. The buffer takes at most 2n bytes of memory.
 */

const NO_BYTES = Buffer.alloc(0)

/** Capacity that is kept when the buffer is emptied. A larger capacity is released. */
const KEPT_BYTES = 64 * 1024

/** A buffer that grows at its end. It copies the bytes that are appended. */
export class GrowingBuffer {
  #room = NO_BYTES
  #length = 0

  /** Bytes in the buffer. */
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

  /** The bytes in the buffer, without a copy. Valid until the next change. */
  view(): Buffer {
    return this.#room.subarray(0, this.#length)
  }

  /** Removes the first `count` bytes. */
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
