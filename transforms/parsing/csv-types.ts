/**
 * The types of CSV columns: inferring a type from cells, and converting a cell to its value. Only literals that have
 * the same meaning everywhere are converted. So text such as an id with leading zeros, or a date, never becomes a
 * number.
 */
import { exactNumber } from '../../lib/core/exact-json.ts'
import { keepsDigits } from './exact-decimals.ts'

/** Type of a CSV column. An integer column has no fractions and no exponents. Timestamps are text. */
export type CsvType = 'boolean' | 'number' | 'integer' | 'text'

/** The values of {@link CsvType}. */
export const CSV_TYPES = ['boolean', 'number', 'integer', 'text'] as const satisfies readonly CsvType[]

/** A number in the syntax of RFC 8259 (JSON): no plus sign, no leading zero, digits on both sides of the dot. */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/
/** `-0` is no integer, as integers have no negative zero. */
const INTEGER = /^(?:0|-?[1-9]\d*)$/
const NOT_FINITE = new Set(['NaN', 'Infinity', '-Infinity'])

/** A double has any number of fewer characters than this, unless its exponent is too large or too small. */
const SURE_CHARACTERS = 16

/** The smallest number of full precision. */
const LEAST_NORMAL = 2 ** -1022

/** The most digits that `toPrecision` writes. */
const MAX_DIGITS = 100

/** The value of a cell in a column of `type`. A cell that does not fit stays a string. */
export function castCell(cell: string, type: CsvType): string | number | bigint | boolean {
  switch (type) {
    case 'text':
      return cell
    case 'boolean':
      return isBoolean(cell) ? cell === 'true' : cell
    case 'integer':
      return INTEGER.test(cell) ? exactNumber(cell) : cell
    case 'number':
      return numberOf(cell) ?? (NOT_FINITE.has(cell) ? Number(cell) : cell)
  }
}

/** Infers the type of a column from its cells. */
export class CsvTypeGuess {
  #empty = true
  #boolean = true
  #integer = true
  #number = true
  /** Whether an integer does not fit 64 bits. */
  #wide = false
  /** Whether an integer is none that a double has. */
  #inexact = false

  /** Adds one more cell. Null does not affect the type. */
  note(cell: string | null): void {
    if (cell === null) return
    this.#empty = false
    this.#boolean &&= isBoolean(cell)
    if (!this.#number) return
    if (INTEGER.test(cell)) this.#noteInteger(cell)
    else {
      this.#integer = false
      this.#number = numberOf(cell) !== undefined || NOT_FINITE.has(cell)
    }
  }

  /**
   * The narrowest type that fits all cells. Undefined while all cells were null. Integers of more than 64 bits are text,
   * and so are integers beyond 2^53 beside fractions, unless doubles have them.
   */
  get type(): CsvType | undefined {
    if (this.#empty) return undefined
    if (this.#boolean) return 'boolean'
    if (!this.#number) return 'text'
    if (this.#integer) return this.#wide ? 'text' : 'integer'
    return this.#inexact ? 'text' : 'number'
  }

  #noteInteger(cell: string): void {
    if (cell.length < SURE_CHARACTERS) return
    const value = BigInt(cell)
    this.#wide ||= BigInt.asIntN(64, value) !== value
    this.#inexact ||= BigInt(Number(cell)) !== value
  }
}

/**
 * The number of a cell, if it is one that a double has: finite, and with the digits of the cell when it is written with as
 * many. So an id such as `888E010010`, or a decimal of 30 digits, stays text.
 */
function numberOf(cell: string): number | bigint | undefined {
  if (!NUMBER.test(cell)) return undefined
  const number = Number(cell)
  const size = Math.abs(number)
  if (cell.length < SURE_CHARACTERS && size >= LEAST_NORMAL && size < Infinity) return number
  if (INTEGER.test(cell)) return exactNumber(cell)
  return (keepsDigits(cell, number) ?? hasDigitsOf(cell, number)) ? number : undefined
}

function hasDigitsOf(cell: string, number: number): boolean {
  const digits = digitsOf(cell)
  if (digits === '') return number === 0
  return (
    Number.isFinite(number) && digits.length <= MAX_DIGITS && digitsOf(number.toPrecision(digits.length)) === digits
  )
}

/** The significant digits of a number literal. */
function digitsOf(literal: string): string {
  return literal
    .replace(/[eE].*/, '')
    .replace(/[-.]/g, '')
    .replace(/^0+/, '')
}

function isBoolean(cell: string): boolean {
  return cell === 'true' || cell === 'false'
}
