/**
 * The statistics of one group of values as a row of eleven neighbouring cells of a Float64Array: 88 bytes a group,
 * on two cache lines, whatever the number of values.
 */
import { addPair, addSquare, addTriple, addValue, meanOf } from './compensated-sum.ts'
import { varianceOf } from './exact-variance.ts'
import { malformed } from './saved-state.ts'
import type { Statistics } from './summary-types.ts'

/** Cells of a row. */
export const ROW_CELLS = 11

/** Finite values counted. */
export const COUNT = 0
/** Values that were NaN or infinite; they are in none of the other cells. */
export const NON_FINITE = 1
/** Sum, in two cells. */
const SUM = 2
/** Sum of squares, in three cells. */
const SQUARES = 4
const MIN = 7
const MAX = 8
/** Value of the first record. Set by the owner of the row, who knows the order. */
export const FIRST = 9
/** Value of the last record. Set by the owner of the row, who knows the order. */
export const LAST = 10

/** Adds a finite value to the row that starts at `at`, except for {@link FIRST} and {@link LAST}. */
export function addToRow(cells: Float64Array, at: number, value: number): void {
  const count = cells[at + COUNT] as number
  cells[at + COUNT] = count + 1
  // Math.min and Math.max tell -0 from 0, which `<` does not.
  if (count === 0) cells[at + MIN] = cells[at + MAX] = value
  else {
    cells[at + MIN] = Math.min(cells[at + MIN] as number, value)
    cells[at + MAX] = Math.max(cells[at + MAX] as number, value)
  }
  addValue(cells, at + SUM, value)
  addSquare(cells, at + SQUARES, value)
}

/** Adds the row at `from` of `other` to the one at `at`, except for {@link FIRST} and {@link LAST}. */
export function mergeRows(cells: Float64Array, at: number, other: Float64Array, from: number): void {
  cells[at + NON_FINITE] = (cells[at + NON_FINITE] as number) + (other[from + NON_FINITE] as number)
  const count = cells[at + COUNT] as number
  const added = other[from + COUNT] as number
  if (added === 0) return
  const min = other[from + MIN] as number
  const max = other[from + MAX] as number
  cells[at + COUNT] = count + added
  cells[at + MIN] = count === 0 ? min : Math.min(cells[at + MIN] as number, min)
  cells[at + MAX] = count === 0 ? max : Math.max(cells[at + MAX] as number, max)
  addPair(cells, at + SUM, other[from + SUM] as number, other[from + SUM + 1] as number)
  const squares = from + SQUARES
  addTriple(cells, at + SQUARES, other[squares] as number, other[squares + 1] as number, other[squares + 2] as number)
}

/** The mean of the row; null without values, or when their sum overflowed. */
export function rowMean(cells: Float64Array, at: number): number | null {
  const count = cells[at + COUNT] as number
  if (count === 0) return null
  return finiteOrNull(meanOf(cells[at + SUM] as number, cells[at + SUM + 1] as number, count))
}

/** The smallest value of a row that has values. */
export function rowMin(cells: Float64Array, at: number): number {
  return cells[at + MIN] as number
}

/** The largest value of a row that has values. */
export function rowMax(cells: Float64Array, at: number): number {
  return cells[at + MAX] as number
}

/** The row in words. */
export function describeRow(cells: Float64Array, at: number): Statistics {
  const count = cells[at + COUNT] as number
  const variance = rowVariance(cells, at)
  const valueOf = (cell: number): number | null => (count === 0 ? null : (cells[at + cell] as number))
  return {
    count,
    nonFinite: cells[at + NON_FINITE] as number,
    mean: rowMean(cells, at),
    variance,
    stddev: variance === null ? null : Math.sqrt(variance),
    min: valueOf(MIN),
    max: valueOf(MAX),
    first: valueOf(FIRST),
    last: valueOf(LAST),
  }
}

/**
 * Checks a restored row.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_INPUT`
 */
export function expectRow(cells: Float64Array, at: number): void {
  const row = cells.subarray(at, at + ROW_CELLS)
  const isCount = (cell: number): boolean => Number.isSafeInteger(row[cell]) && (row[cell] as number) >= 0
  if (!isCount(COUNT) || !isCount(NON_FINITE)) throw malformed('count of a metric')
  const [min, max, first, last] = row.subarray(MIN) as unknown as [number, number, number, number]
  const within = (value: number): boolean => value >= min && value <= max
  if (!Number.isFinite(min) || !Number.isFinite(max) || (row[COUNT] !== 0 && !(within(first) && within(last)))) {
    throw malformed('range of a metric')
  }
}

function rowVariance(cells: Float64Array, at: number): number | null {
  const count = cells[at + COUNT] as number
  if (count < 2) return null
  if (cells[at + MIN] === cells[at + MAX]) return 0
  const sum = cells.subarray(at + SUM, at + SQUARES)
  const squares = cells.subarray(at + SQUARES, at + MIN)
  return finiteOrNull(varianceOf(sum, squares, count))
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null
}
