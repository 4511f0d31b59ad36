/**
 * What the values of one column chunk are while its row group is open: the cells that are not null, in order, in
 * buffers from which pages in PLAIN encoding are cut. There is one class for each physical type.
 */
import type { Cell } from '../columns/column.ts'
import type { Bounds } from './statistics.ts'

/** The values of a column chunk that are not null. A method that throws leaves them as they were. */
export interface PlainValues {
  readonly length: number

  /**
   * Adds a cell that is not null.
   *
   * @returns the bytes it takes
   * @throws {TypeError} when the cell is of another type
   * @throws {RangeError} when the cell, or the column with it, is too large
   */
  append(cell: Cell): number

  /** Removes the last value. */
  removeLast(): void

  /** Removes all values; the memory is kept for the next ones. */
  clear(): void

  /** Bytes of the values `[from, to)` in PLAIN encoding. */
  byteLength(from: number, to: number): number

  /** The values `[from, to)` in PLAIN encoding. May share memory: to be used before the next change. */
  encode(from: number, to: number): Buffer

  /** The smallest and the largest value, if statistics may tell them. */
  bounds(): Bounds | undefined
}
