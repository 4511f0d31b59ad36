/**
 * One column of the open row group: which of its rows are null, and the values of the others. There is one subclass for
 * each way to store values. This base class has the common parts.
 */
import { grownCapacity } from './capacity.ts'
import type { ChunkValues } from './chunk-values.ts'
import type { NumberDictionary } from './number-dictionary.ts'
import type { Leaf, RowColumn } from './leaf.ts'
import type { Bounds } from './statistics.ts'

/** Total memory in bytes of the columns of a row group. */
export interface RowGroupSize {
  bytes: number
}

/**
 * Buffers one column. Memory: the bytes it adds to its {@link RowGroupSize}, at most doubled because buffers grow by
 * doubling.
 */
export abstract class ColumnBuffer implements RowColumn {
  readonly #size: RowGroupSize
  #rows = 0
  #length = 0
  /** Undefined while the column has no nulls. */
  #levels: Uint8Array | undefined

  constructor(size: RowGroupSize) {
    this.#size = size
  }

  /**
   * Rows so far. Fewer than in the row group while the last rows have no value for the column. {@link padTo} adds them
   * as nulls.
   */
  get rows(): number {
    return this.#rows
  }

  /** Values so far. */
  get length(): number {
    return this.#length
  }

  /** The definition level of each row, 0 for null and 1 for a value; undefined when all are 1. */
  get levels(): Uint8Array | undefined {
    return this.#levels?.subarray(0, this.#rows)
  }

  /**
   * Adds `value` as the row after `rows` other rows. Missing rows before it become nulls. Returns false and adds
   * nothing if the value has another type or needs a conversion.
   */
  abstract take(value: unknown, rows: number): boolean

  /**
   * Adds a cell that is not null as the row after `rows` other rows. If it throws, the values are unchanged.
   *
   * @throws {TypeError} when the cell has another type
   * @throws {RangeError} when the cell is too large
   */
  abstract add(cell: unknown, rows: number): void

  /** The values in the form that pages need. Valid until the column changes or `numbers` is used again. */
  abstract chunkValues(numbers: NumberDictionary): ChunkValues

  /** The smallest and the largest value. Undefined if there is no value, or if statistics must not contain them. */
  abstract bounds(): Bounds | undefined

  leaves(nullable: boolean): Leaf[] {
    return [
      {
        entries: this.#rows,
        column: this,
        maxDefinition: nullable ? 1 : 0,
        maxRepetition: 0,
        definitionLevels: this.levels,
        repetitionLevels: undefined,
      },
    ]
  }

  /** Adds nulls until the column has `rows` rows. */
  padTo(rows: number): void {
    const nulls = rows - this.#rows
    if (nulls === 0) return
    const levels = this.#levelsFor(rows)
    levels.fill(0, this.#rows, rows)
    this.#rows = rows
    this.#size.bytes += nulls
  }

  /** Removes the last row if there are more than `rows`. */
  dropRowAfter(rows: number): void {
    if (this.#rows <= rows) return
    this.#rows -= 1
    if (this.#levels !== undefined) this.#size.bytes -= 1
    if (this.#levels?.[this.#rows] === 0) return
    this.#length -= 1
    this.#size.bytes -= this.removeLastValue()
  }

  /** Removes all rows. The memory is reused for the next rows, except for very large buffers. */
  clear(): void {
    this.#rows = 0
    this.#length = 0
    this.#levels = undefined
    this.clearValues()
  }

  /** Counts the row after `rows` other rows. Its value was just stored. */
  protected added(bytes: number, rows: number): void {
    if (rows !== this.#rows) this.padTo(rows)
    if (this.#levels !== undefined) {
      this.#levelsFor(this.#rows + 1)[this.#rows] = 1
      this.#size.bytes += 1
    }
    this.#rows += 1
    this.#length += 1
    this.#size.bytes += bytes
  }

  /** Removes the value at {@link length}, which was the last one, and returns its size in bytes. */
  protected abstract removeLastValue(): number

  protected abstract clearValues(): void

  /** The levels, with room for `rows` rows. */
  #levelsFor(rows: number): Uint8Array {
    const levels = this.#levels
    if (levels !== undefined && rows <= levels.length) return levels
    const grown = new Uint8Array(grownCapacity(levels?.length ?? this.#rows, rows))
    if (levels === undefined) {
      grown.fill(1, 0, this.#rows)
      this.#size.bytes += this.#rows
    } else {
      grown.set(levels)
    }
    this.#levels = grown
    return grown
  }
}
