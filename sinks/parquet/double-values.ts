/**
 * The values of a DOUBLE column chunk: any numbers, with NaN, the infinities and -0 as they are.
 */
import type { Cell } from '../columns/column.ts'
import { grownCapacity } from './capacity.ts'
import { littleEndianBytes } from './little-endian.ts'
import type { PlainValues } from './plain-values.ts'
import { boundsOfDoubles, type Bounds } from './statistics.ts'

/** Takes numbers. */
export class DoubleValues implements PlainValues {
  #values = new Float64Array(0)
  #length = 0

  get length(): number {
    return this.#length
  }

  append(cell: Cell): number {
    if (typeof cell !== 'number') throw new TypeError('expected a number')
    if (this.#length === this.#values.length) this.#grow()
    this.#values[this.#length] = cell
    this.#length += 1
    return this.#values.BYTES_PER_ELEMENT
  }

  removeLast(): void {
    this.#length -= 1
  }

  clear(): void {
    this.#length = 0
  }

  byteLength(from: number, to: number): number {
    return (to - from) * 8
  }

  encode(from: number, to: number): Buffer {
    return littleEndianBytes(this.#values.subarray(from, to))
  }

  bounds(): Bounds | undefined {
    return boundsOfDoubles(this.#values.subarray(0, this.#length))
  }

  #grow(): void {
    const grown = new Float64Array(grownCapacity(this.#values.length, this.#length + 1))
    grown.set(this.#values)
    this.#values = grown
  }
}
