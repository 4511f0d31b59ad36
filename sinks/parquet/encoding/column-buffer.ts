/**
 * One column of the open row group: which of its rows are null, and the values of the others. There is one class for
 * each way of keeping values; this is what they share.
 */
import { grownCapacity } from './capacity.ts'
import type { ChunkValues } from './chunk-values.ts'
import type { NumberDictionary } from './number-dictionary.ts'
import type { Bounds } from './statistics.ts'

/** Bytes that the columns of a row group take in memory together. */
export interface RowGroupSize {
  bytes: number
}

/** Buffers one column. Memory: what it adds to its {@link RowGroupSize}, at most doubled, as buffers grow by doubling. */
export abstract class ColumnBuffer {
  readonly #size: RowGroupSize
  #rows = 0
  #length = 0
  /** Undefined while there is no null. */
  #levels: Uint8Array | undefined

  constructor(size: RowGroupSize) {
    this.#size = size
  }

  /** Rows so far. A column falls behind its row group while rows have nothing for it; {@link padTo} catches up. */
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
   * Adds `value` as the row after `rows` others, of which those that had nothing become nulls; unless it is of another
   * kind or needs a closer look.
   */
  abstract take(value: unknown, rows: number): boolean

  /**
   * Adds the cell of the row after `rows` others, which is not null. When it throws, the values are as before.
   *
   * @throws {TypeError} when the cell is of another type
   * @throws {RangeError} when it is too large
   */
  abstract add(cell: unknown, rows: number): void

  /** The values as pages take them; they hold until the column changes, or `numbers` is used again. */
  abstract chunkValues(numbers: NumberDictionary): ChunkValues

  /** The smallest and the largest value, if statistics may tell them. */
  abstract bounds(): Bounds | undefined

  /** Makes rows that have nothing nulls, up to `rows` in all. */
  padTo(rows: number): void {
    const nulls = rows - this.#rows
    if (nulls === 0) return
    const levels = this.#levelsFor(rows)
    levels.fill(0, this.#rows, rows)
    this.#rows = rows
    this.#size.bytes += nulls
  }

  /** Removes the last row when there are more than `rows`. */
  dropRowAfter(rows: number): void {
    if (this.#rows <= rows) return
    this.#rows -= 1
    if (this.#levels !== undefined) this.#size.bytes -= 1
    if (this.#levels?.[this.#rows] === 0) return
    this.#length -= 1
    this.#size.bytes -= this.removeLastValue()
  }

  /** Removes all rows; the memory is kept for the next ones, within reason. */
  clear(): void {
    this.#rows = 0
    this.#length = 0
    this.#levels = undefined
    this.clearValues()
  }

  /** Counts the row after `rows` others, whose value was just stored. */
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

  /** Forgets the value at {@link length}, which was the last one, and returns the bytes it took. */
  protected abstract removeLastValue(): number

  protected abstract clearValues(): void

  /** The levels, with room for those of `rows` rows. */
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
