/**
 * Columns of type FIXED_LEN_BYTE_ARRAY: cells that are stored in the same number of bytes each.
 */
import { grownCapacity } from './capacity.ts'
import { NO_VALUES, type ChunkValues } from './chunk-values.ts'
import { ColumnBuffer, type RowGroupSize } from './column-buffer.ts'

/** How the cells of a type are stored. */
export interface StoredBytes {
  /** What a cell must be, for messages. */
  readonly expected: string
  readonly byteLength: number
  /** Writes the bytes of a cell at `offset`. Returns false when the cell has another type. */
  write(this: void, cell: unknown, target: Buffer, offset: number): boolean
}

/** Collects cells of `byteLength` bytes, without a dictionary and without statistics. */
export class FixedBytesColumn extends ColumnBuffer {
  readonly #stored: StoredBytes
  #bytes = Buffer.alloc(0)

  constructor(size: RowGroupSize, stored: StoredBytes) {
    super(size)
    this.#stored = stored
  }

  take(value: unknown, rows: number): boolean {
    const { byteLength } = this.#stored
    const offset = this.length * byteLength
    if (offset + byteLength > this.#bytes.length) this.#grow(offset + byteLength)
    if (!this.#stored.write(value, this.#bytes, offset)) return false
    this.added(byteLength, rows)
    return true
  }

  add(cell: unknown, rows: number): void {
    if (!this.take(cell, rows)) throw new TypeError(`expected ${this.#stored.expected}`)
  }

  chunkValues(): ChunkValues {
    const { byteLength } = this.#stored
    const bytes = this.#bytes
    return {
      ...NO_VALUES,
      byteLength: (from, to) => (to - from) * byteLength,
      encode: (from, to) => bytes.subarray(from * byteLength, to * byteLength),
    }
  }

  bounds(): undefined {
    return undefined
  }

  protected removeLastValue(): number {
    return this.#stored.byteLength
  }

  protected clearValues(): void {}

  #grow(needed: number): void {
    const grown = Buffer.alloc(grownCapacity(this.#bytes.length, needed))
    grown.set(this.#bytes)
    this.#bytes = grown
  }
}
