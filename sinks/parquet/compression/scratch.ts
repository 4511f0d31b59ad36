/**
 * Memory that is used again for one page after the other: at a page a megabyte, garbage would soon outweigh the data.
 */

/** Larger pages get memory of their own, which is not kept. */
const MOST_KEPT_BYTES = 2 * 1024 * 1024

/** Lends one buffer at a time. */
export class Scratch {
  #kept = Buffer.alloc(0)

  /** Puts `parts` together. The result holds until the next call. */
  join(parts: readonly Uint8Array[]): Buffer {
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    const joined = this.lend(length)
    let offset = 0
    for (const part of parts) {
      joined.set(part, offset)
      offset += part.length
    }
    return joined
  }

  /** Memory with anything in it. It is the caller's until the next call. */
  lend(length: number): Buffer {
    if (length > MOST_KEPT_BYTES) return Buffer.allocUnsafeSlow(length)
    if (length > this.#kept.length) this.#kept = Buffer.allocUnsafeSlow(Math.min(length * 2, MOST_KEPT_BYTES))
    return this.#kept.subarray(0, length)
  }
}
