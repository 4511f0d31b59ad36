/**
 * Statistics of groups of values. Each group has a row of eleven adjacent cells of a Float64Array. A row has 88 bytes
 * on two cache lines, for any number of values.
 */
import { addPair, addSquare, addTriple, addValue, meanOf } from './compensated-sum.ts'
import { varianceOf } from './exact-variance.ts'
import { decodeDoubles, encodeDoubles, malformed } from './saved-state.ts'
import type { Statistics } from './summary-types.ts'

/** Cells of a row. */
const ROW_CELLS = 11

/** Number of finite values. */
const COUNT = 0
/** Number of values that were NaN or infinite. They affect no other cell. */
const NON_FINITE = 1
/** Sum, in two cells. */
const SUM = 2
/** Sum of squares, in three cells. */
const SQUARES = 4
/** The smallest and the largest value. Without values, `Infinity` and `-Infinity`. */
const MIN = 7
const MAX = 8
/** Values of the first and the last record. */
const FIRST = 9
const LAST = 10

/**
 * Rows by group. Only the first groups have rows, up to the last group with values. Other groups are treated as empty.
 */
export class StatisticsRows {
  #cells: Float64Array

  /** @param groups - initial number of groups */
  constructor(groups: number) {
    this.#cells = makeRows(groups)
  }

  /** Number of groups with a row, including empty ones. */
  get size(): number {
    return this.#cells.length / ROW_CELLS
  }

  /** Number of finite values of a group. */
  countIn(group: number): number {
    return this.#cells[group * ROW_CELLS + COUNT] ?? 0
  }

  /** Number of finite and non-finite values of a group. */
  seenIn(group: number): number {
    return this.countIn(group) + (this.#cells[group * ROW_CELLS + NON_FINITE] ?? 0)
  }

  /** Value of the first record of a group, as set by {@link placeFirst}. */
  firstIn(group: number): number {
    return this.#cells[group * ROW_CELLS + FIRST] as number
  }

  /** Value of the last record of a group, as set by {@link placeLast}. */
  lastIn(group: number): number {
    return this.#cells[group * ROW_CELLS + LAST] as number
  }

  /** The smallest value of a group that has values. */
  minIn(group: number): number {
    return this.#cells[group * ROW_CELLS + MIN] as number
  }

  /** The largest value of a group that has values. */
  maxIn(group: number): number {
    return this.#cells[group * ROW_CELLS + MAX] as number
  }

  /** The mean of a group. Null without values, or when their sum overflowed. */
  meanIn(group: number): number | null {
    const count = this.countIn(group)
    if (count === 0) return null
    const sum = group * ROW_CELLS + SUM
    return finiteOrNull(meanOf(this.#cells[sum] as number, this.#cells[sum + 1] as number, count))
  }

  /**
   * Adds a value to a group that has exactly `before` finite values. Returns false and adds nothing if it has another
   * number of values, or if the value is not finite.
   *
   * @param isFirst - whether its record is now the first one
   * @param isLast - whether its record is now the last one
   */
  addNext(value: number, group: number, before: number, isFirst: boolean, isLast: boolean): boolean {
    if (group * ROW_CELLS >= this.#cells.length) this.#growTo(group)
    const cells = this.#cells
    const at = group * ROW_CELLS
    if (cells[at + COUNT] !== before || !Number.isFinite(value)) return false
    if (isFirst) cells[at + FIRST] = value
    if (isLast) cells[at + LAST] = value
    addToRow(cells, at, value)
    return true
  }

  /** Adds a finite value to a group. The caller must call {@link placeFirst} and {@link placeLast} as needed. */
  add(value: number, group: number): void {
    this.#growTo(group)
    addToRow(this.#cells, group * ROW_CELLS, value)
  }

  /** Counts a value that is not finite. */
  addNonFinite(group: number): void {
    this.#growTo(group)
    const cell = group * ROW_CELLS + NON_FINITE
    this.#cells[cell] = (this.#cells[cell] as number) + 1
  }

  /** Sets the value of the first record of a group. */
  placeFirst(value: number, group: number): void {
    this.#growTo(group)
    this.#cells[group * ROW_CELLS + FIRST] = value
  }

  /** Sets the value of the last record of a group. */
  placeLast(value: number, group: number): void {
    this.#growTo(group)
    this.#cells[group * ROW_CELLS + LAST] = value
  }

  /** Adds the group `from` of `other` to a group, except the values of the first and the last record. */
  merge(group: number, other: StatisticsRows, from: number): void {
    if (other.seenIn(from) === 0) return
    this.#growTo(group)
    mergeRows(this.#cells, group * ROW_CELLS, other.#cells, from * ROW_CELLS)
  }

  /** The statistics of a group that has a row. */
  describe(group: number): Statistics {
    const row = this.#cells.subarray(group * ROW_CELLS, (group + 1) * ROW_CELLS)
    const count = row[COUNT] as number
    const variance = rowVariance(row)
    const valueOf = (cell: number): number | null => (count === 0 ? null : (row[cell] as number))
    return {
      count,
      nonFinite: row[NON_FINITE] as number,
      mean: this.meanIn(group),
      variance,
      stddev: variance === null ? null : Math.sqrt(variance),
      min: valueOf(MIN),
      max: valueOf(MAX),
      first: valueOf(FIRST),
      last: valueOf(LAST),
    }
  }

  toJSON(): string {
    let groups = this.size
    while (groups > 1 && this.seenIn(groups - 1) === 0) groups--
    return encodeDoubles(this.#cells.subarray(0, groups * ROW_CELLS))
  }

  /** Restores the rows. @throws {SpillwayError} `ERR_SPILLWAY_INPUT` when the saved state is malformed */
  static fromJSON(saved: unknown): StatisticsRows {
    const cells = decodeDoubles(saved, 'rows of a metric')
    if (cells.length === 0 || cells.length % ROW_CELLS !== 0) throw malformed('rows of a metric')
    for (let at = 0; at < cells.length; at += ROW_CELLS) expectRow(cells.subarray(at, at + ROW_CELLS))
    const rows = new StatisticsRows(0)
    rows.#cells = cells
    return rows
  }

  /** Ensures that a group has a row. */
  #growTo(group: number): void {
    if (group < this.size) return
    const grown = makeRows(Math.max(group + 1, Math.ceil(this.size * 1.5)))
    grown.set(this.#cells)
    this.#cells = grown
  }
}

function makeRows(groups: number): Float64Array {
  const cells = new Float64Array(groups * ROW_CELLS)
  for (let at = 0; at < cells.length; at += ROW_CELLS) {
    cells[at + MIN] = Infinity
    cells[at + MAX] = -Infinity
  }
  return cells
}

function addToRow(cells: Float64Array, at: number, value: number): void {
  cells[at + COUNT] = (cells[at + COUNT] as number) + 1
  // Unlike `<`, these distinguish -0 from 0.
  cells[at + MIN] = Math.min(cells[at + MIN] as number, value)
  cells[at + MAX] = Math.max(cells[at + MAX] as number, value)
  addValue(cells, at + SUM, value)
  addSquare(cells, at + SQUARES, value)
}

function mergeRows(cells: Float64Array, at: number, other: Float64Array, from: number): void {
  cells[at + NON_FINITE] = (cells[at + NON_FINITE] as number) + (other[from + NON_FINITE] as number)
  cells[at + COUNT] = (cells[at + COUNT] as number) + (other[from + COUNT] as number)
  cells[at + MIN] = Math.min(cells[at + MIN] as number, other[from + MIN] as number)
  cells[at + MAX] = Math.max(cells[at + MAX] as number, other[from + MAX] as number)
  addPair(cells, at + SUM, other[from + SUM] as number, other[from + SUM + 1] as number)
  const squares = from + SQUARES
  addTriple(cells, at + SQUARES, other[squares] as number, other[squares + 1] as number, other[squares + 2] as number)
}

function rowVariance(row: Float64Array): number | null {
  const count = row[COUNT] as number
  if (count < 2) return null
  if (row[MIN] === row[MAX]) return 0
  return finiteOrNull(varianceOf(row.subarray(SUM, SQUARES), row.subarray(SQUARES, MIN), count))
}

function expectRow(row: Float64Array): void {
  const isCount = (cell: number): boolean => Number.isSafeInteger(row[cell]) && (row[cell] as number) >= 0
  if (!isCount(COUNT) || !isCount(NON_FINITE)) throw malformed('count of a metric')
  const [min, max, first, last] = row.subarray(MIN) as unknown as [number, number, number, number]
  const isWithin = (value: number): boolean => Number.isFinite(value) && value >= min && value <= max
  const isRange = row[COUNT] === 0 ? min === Infinity && max === -Infinity : [min, max, first, last].every(isWithin)
  if (!isRange) throw malformed('range of a metric')
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null
}
