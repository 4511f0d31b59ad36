/**
 * A BOOLEAN column: one byte per value in memory, one bit per value in a page.
 */
import { grownCapacity } from './capacity.ts'
import { NO_VALUES, type ChunkValues } from './chunk-values.ts'
import { ColumnBuffer } from './column-buffer.ts'
import { packBits } from './hybrid.ts'
import { boundsOfBooleans, type Bounds } from './statistics.ts'

/** Collects booleans. */
export class BooleanColumn extends ColumnBuffer {
  #values = new Uint8Array(0)

  take(value: unknown, rows: number): boolean {
    if (typeof value !== 'boolean') return false
    if (this.length === this.#values.length) this.#grow()
    this.#values[this.length] = value ? 1 : 0
    this.added(1, rows)
    return true
  }

  add(cell: unknown, rows: number): void {
    if (!this.take(cell, rows)) throw new TypeError('expected a boolean')
  }

  chunkValues(): ChunkValues {
    const values = this.#values
    const byteLength = (from: number, to: number) => Math.ceil((to - from) / 8)
    return {
      ...NO_VALUES,
      byteLength,
      encode(from, to) {
        const packed = new Uint8Array(byteLength(from, to))
        packBits(values, from, to, 1, packed, 0)
        return packed
      },
    }
  }

  bounds(): Bounds | undefined {
    return boundsOfBooleans(this.#values.subarray(0, this.length))
  }

  protected removeLastValue(): number {
    return 1
  }

  protected clearValues(): void {}

  #grow(): void {
    const grown = new Uint8Array(grownCapacity(this.#values.length, this.length + 1))
    grown.set(this.#values)
    this.#values = grown
  }
}
