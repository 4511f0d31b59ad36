/**
 * Memory that is reused for one page after another. At 1 MB per page, garbage would soon exceed the data.
 */

/** Larger pages get separate memory, which is not kept. */
const MAX_KEPT_BYTES = 2 * 1024 * 1024

/** Provides one buffer at a time. */
export class Scratch {
  #kept = Buffer.alloc(0)

  /** Joins `parts`. The result is valid until the next call. */
  join(parts: readonly Uint8Array[]): Buffer {
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    const joined = this.allocate(length)
    let offset = 0
    for (const part of parts) {
      joined.set(part, offset)
      offset += part.length
    }
    return joined
  }

  /** Returns uninitialized memory. It is valid until the next call. */
  allocate(length: number): Buffer {
    if (length > MAX_KEPT_BYTES) return Buffer.allocUnsafeSlow(length)
    if (length > this.#kept.length) this.#kept = Buffer.allocUnsafeSlow(Math.min(length * 2, MAX_KEPT_BYTES))
    return this.#kept.subarray(0, length)
  }
}
