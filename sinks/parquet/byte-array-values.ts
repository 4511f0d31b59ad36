/**
 * The values of a BYTE_ARRAY column chunk: text in UTF-8, or bytes. They are kept as PLAIN has them, a length in four
 * bytes before each value, so a page is a slice.
 */
import type { Cell } from '../columns/column.ts'
import { grownCapacity } from './capacity.ts'
import type { PlainValues } from './plain-values.ts'
import { boundsOfByteArrays, type Bounds } from './statistics.ts'

/** Bytes of the length before each value. */
const LENGTH_BYTES = 4

/**
 * The most bytes of one value. A page tells its sizes in 31 bits, and snappy may need 7/6 of what it is given and 32
 * bytes; the rest is room for the levels of the page.
 */
const MAX_VALUE_BYTES = Math.floor(((2 ** 31 - 1 - 32) * 6) / 7) - 64 * 1024

/** Takes strings, or Uint8Arrays. */
export class ByteArrayValues implements PlainValues {
  readonly #kind: 'text' | 'bytes'
  #bytes = Buffer.alloc(0)
  /** Where each value ends in `#bytes`. */
  #ends = new Uint32Array(0)
  #length = 0

  /** @param kind - whether the cells are strings or Uint8Arrays */
  constructor(kind: 'text' | 'bytes') {
    this.#kind = kind
  }

  get length(): number {
    return this.#length
  }

  append(cell: Cell): number {
    const byteLength = this.#byteLengthOf(cell)
    if (byteLength > MAX_VALUE_BYTES) {
      throw new RangeError(`the value has ${byteLength} bytes, the limit is ${MAX_VALUE_BYTES}`)
    }
    const start = this.#endOf(this.#length)
    const valueStart = start + LENGTH_BYTES
    const end = valueStart + byteLength
    if (end > this.#bytes.length) this.#growBytes(start, end)
    if (this.#length === this.#ends.length) this.#growEnds()
    this.#bytes.writeUInt32LE(byteLength, start)
    if (typeof cell === 'string') this.#bytes.write(cell, valueStart, byteLength, 'utf8')
    else this.#bytes.set(cell as Uint8Array, valueStart)
    this.#ends[this.#length] = end
    this.#length += 1
    return end - start
  }

  removeLast(): void {
    this.#length -= 1
  }

  clear(): void {
    this.#length = 0
  }

  byteLength(from: number, to: number): number {
    return this.#endOf(to) - this.#endOf(from)
  }

  encode(from: number, to: number): Buffer {
    return this.#bytes.subarray(this.#endOf(from), this.#endOf(to))
  }

  bounds(): Bounds | undefined {
    return boundsOfByteArrays(this.#length, (index) =>
      this.#bytes.subarray(this.#endOf(index) + LENGTH_BYTES, this.#endOf(index + 1)),
    )
  }

  /** Where the first `count` values end. */
  #endOf(count: number): number {
    return count === 0 ? 0 : (this.#ends[count - 1] as number)
  }

  #byteLengthOf(cell: Cell): number {
    if (this.#kind === 'text') {
      if (typeof cell !== 'string') throw new TypeError('expected a string')
      return Buffer.byteLength(cell)
    }
    if (!(cell instanceof Uint8Array)) throw new TypeError('expected a Uint8Array')
    return cell.byteLength
  }

  #growBytes(used: number, needed: number): void {
    const grown = Buffer.allocUnsafeSlow(grownCapacity(this.#bytes.length, needed))
    this.#bytes.copy(grown, 0, 0, used)
    this.#bytes = grown
  }

  #growEnds(): void {
    const grown = new Uint32Array(grownCapacity(this.#ends.length, this.#length + 1))
    grown.set(this.#ends)
    this.#ends = grown
  }
}
