/**
 * One column of the open row group: a definition level for every row, and the values of the rows that have one.
 */
import { messageOf, SpillwayError } from '../../lib/core/errors.ts'
import type { Cell, Column, ColumnType } from '../columns/column.ts'
import { BooleanValues } from './boolean-values.ts'
import { ByteArrayValues } from './byte-array-values.ts'
import { grownCapacity } from './capacity.ts'
import { DoubleValues } from './double-values.ts'
import { Int64Values, int64OfBigint, int64OfDate } from './int64-values.ts'
import type { PlainValues } from './plain-values.ts'

/** Buffers one column. Memory: that of its cells, at most doubled, as buffers grow by doubling. */
export class ColumnBuffer {
  readonly #column: Column
  #levels = new Uint8Array(0)
  #rows = 0
  /** Made for the first value, as the column may have no type before. */
  #values: PlainValues | undefined
  #typeOfValues: ColumnType | null = null

  constructor(column: Column) {
    this.#column = column
  }

  /** The definition level of each row: 0 for null, 1 for a value. */
  get levels(): Uint8Array {
    return this.#levels.subarray(0, this.#rows)
  }

  /** The values in order, without the nulls; undefined while there was none. */
  get values(): PlainValues | undefined {
    return this.#values
  }

  get nullCount(): number {
    return this.#rows - (this.#values?.length ?? 0)
  }

  /**
   * Adds the cell of one more row. When it throws, the column is as before.
   *
   * @returns the bytes it takes
   * @throws {SpillwayError} `ERR_SPILLWAY_VALUE` when the cell does not fit the type of the column, or is too large
   */
  append(cell: Cell): number {
    if (this.#rows === this.#levels.length) this.#growLevels()
    const valueBytes = cell === null ? 0 : this.#appendValue(cell)
    this.#levels[this.#rows] = cell === null ? 0 : 1
    this.#rows += 1
    return 1 + valueBytes
  }

  /** Removes the cell of the last row. */
  removeLast(): void {
    this.#rows -= 1
    if (this.#levels[this.#rows] === 1) this.#values?.removeLast()
  }

  /** Removes the cells of all rows; the memory is kept for the next ones. */
  clear(): void {
    this.#rows = 0
    this.#values?.clear()
  }

  #appendValue(cell: Cell): number {
    const { name, type } = this.#column
    try {
      // The row that decided a type may have been taken back, and the type with it.
      if (this.#values === undefined || (this.#values.length === 0 && type !== this.#typeOfValues)) {
        this.#values = createValues(type)
        this.#typeOfValues = type
      }
      return this.#values.append(cell)
    } catch (thrown) {
      const problem = `Column \`${name}\` (${type ?? 'no type yet'}) cannot take its cell: ${messageOf(thrown)}`
      throw new SpillwayError('ERR_SPILLWAY_VALUE', problem, { cause: thrown, place: { field: name } })
    }
  }

  #growLevels(): void {
    const grown = new Uint8Array(grownCapacity(this.#levels.length, this.#rows + 1))
    grown.set(this.#levels)
    this.#levels = grown
  }
}

function createValues(type: ColumnType | null): PlainValues {
  switch (type) {
    case 'boolean':
      return new BooleanValues()
    case 'int64':
      return new Int64Values(int64OfBigint)
    case 'timestamp':
      return new Int64Values(int64OfDate)
    case 'double':
      return new DoubleValues()
    case 'utf8':
    case 'json':
      return new ByteArrayValues('text')
    case 'bytes':
      return new ByteArrayValues('bytes')
    case null:
      throw new TypeError('a column needs a type before its first value')
  }
}
