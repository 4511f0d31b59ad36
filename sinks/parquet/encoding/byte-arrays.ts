/**
 * Byte arrays in PLAIN encoding: one after another, each after its length in four bytes. So a page is a slice of this
 * memory.
 */
import { grownCapacity } from './capacity.ts'
import { boundsOfByteArrays, type Bounds } from './statistics.ts'

/** Bytes of the length before each value. */
const LENGTH_BYTES = 4

/**
 * Maximum size of one value in bytes. A page header stores sizes in 31 bits. Snappy may need 7/6 of its input plus 32
 * bytes. The 64 KB are reserved for the levels of the page.
 */
const MAX_VALUE_BYTES = Math.floor(((2 ** 31 - 1 - 32) * 6) / 7) - 64 * 1024

/** Strings up to this length are copied character by character, which is faster than a native call. */
const SHORT_TEXT = 64

/** A larger buffer is not kept for the next row group. Otherwise one huge string would occupy its memory forever. */
const MAX_KEPT_BYTES = 16 * 1024 * 1024

/** A growing list of byte arrays. */
export class ByteArrays {
  #bytes = Buffer.alloc(0)
  /** The offset in `#bytes` at which each value ends. */
  #ends = new Uint32Array(0)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Bytes of all values, including their lengths. */
  get bytes(): number {
    return this.#endOf(this.#length)
  }

  /** Adds a short string that is pure ASCII. Returns false for any other string. */
  addAscii(text: string): boolean {
    const { length } = text
    if (length > SHORT_TEXT) return false
    const start = this.#reserve(length)
    const bytes = this.#bytes
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index)
      if (code > 0x7f) return false
      bytes[start + index] = code
    }
    this.#added(start, length)
    return true
  }

  /** Adds a string, in UTF-8, or bytes. @throws {RangeError} when the value is too large */
  add(value: string | Uint8Array): void {
    if (typeof value === 'string' && this.addAscii(value)) return
    const byteLength = typeof value === 'string' ? Buffer.byteLength(value) : value.byteLength
    if (byteLength > MAX_VALUE_BYTES) {
      throw new RangeError(`the value has ${byteLength} bytes, the limit is ${MAX_VALUE_BYTES}`)
    }
    const start = this.#reserve(byteLength)
    if (typeof value === 'string') this.#bytes.write(value, start, byteLength, 'utf8')
    else this.#bytes.set(value, start)
    this.#added(start, byteLength)
  }

  /** Keeps only the first `length` values. */
  truncate(length: number): void {
    this.#length = length
  }

  /** Removes all values. The memory is reused for the next values unless it is very large. */
  clear(): void {
    this.#length = 0
    if (this.#bytes.length > MAX_KEPT_BYTES) this.#bytes = Buffer.alloc(0)
  }

  /** Size in bytes of the values `[from, to)` in PLAIN encoding. */
  byteLength(from: number, to: number): number {
    return this.#endOf(to) - this.#endOf(from)
  }

  /** The values `[from, to)` in PLAIN encoding. Shares memory with the list. */
  slice(from: number, to: number): Buffer {
    return this.#bytes.subarray(this.#endOf(from), this.#endOf(to))
  }

  /** The bytes of one value. Shares memory with the list. */
  valueAt(index: number): Buffer {
    return this.#bytes.subarray(this.#endOf(index) + LENGTH_BYTES, this.#endOf(index + 1))
  }

  bounds(): Bounds | undefined {
    return boundsOfByteArrays(this.#bytes, this.#length, this.#ends, LENGTH_BYTES)
  }

  /** The offset at which the first `count` values end. */
  #endOf(count: number): number {
    return count === 0 ? 0 : (this.#ends[count - 1] as number)
  }

  /** Makes room for a value of `byteLength` bytes and returns the offset for its bytes. */
  #reserve(byteLength: number): number {
    const used = this.#endOf(this.#length)
    const start = used + LENGTH_BYTES
    if (start + byteLength > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(grownCapacity(this.#bytes.length, start + byteLength))
      this.#bytes.copy(grown, 0, 0, used)
      this.#bytes = grown
    }
    return start
  }

  #added(start: number, byteLength: number): void {
    if (this.#length === this.#ends.length) this.#growEnds()
    const bytes = this.#bytes
    bytes[start - 4] = byteLength
    bytes[start - 3] = byteLength >>> 8
    bytes[start - 2] = byteLength >>> 16
    bytes[start - 1] = byteLength >>> 24
    this.#ends[this.#length] = start + byteLength
    this.#length += 1
  }

  #growEnds(): void {
    const grown = new Uint32Array(grownCapacity(this.#ends.length, this.#length + 1))
    grown.set(this.#ends)
    this.#ends = grown
  }
}
