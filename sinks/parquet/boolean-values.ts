/**
 * The values of a BOOLEAN column chunk: a byte each in memory, a bit each in a page.
 */
import type { Cell } from '../columns/column.ts'
import { packBits } from './bit-packing.ts'
import { grownCapacity } from './capacity.ts'
import type { PlainValues } from './plain-values.ts'
import { boundsOfBooleans, type Bounds } from './statistics.ts'

/** Takes booleans. */
export class BooleanValues implements PlainValues {
  #values = new Uint8Array(0)
  #length = 0

  get length(): number {
    return this.#length
  }

  append(cell: Cell): number {
    if (typeof cell !== 'boolean') throw new TypeError('expected a boolean')
    if (this.#length === this.#values.length) this.#grow()
    this.#values[this.#length] = cell ? 1 : 0
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
    return Math.ceil((to - from) / 8)
  }

  encode(from: number, to: number): Buffer {
    return packBits(this.#values, from, to)
  }

  bounds(): Bounds | undefined {
    return boundsOfBooleans(this.#values.subarray(0, this.#length))
  }

  #grow(): void {
    const grown = new Uint8Array(grownCapacity(this.#values.length, this.#length + 1))
    grown.set(this.#values)
    this.#values = grown
  }
}
