/**
 * The types of CSV columns: inferring a type from cells, and converting a cell to its value. Only literals that have
 * the same meaning everywhere are converted. So text such as an id with leading zeros, or a date, never becomes a
 * number.
 */
import { exactNumber } from './big-integers.ts'

/** Type of a CSV column. An integer column has no fractions and no exponents. Timestamps are text. */
export type CsvType = 'boolean' | 'number' | 'integer' | 'text'

/** The values of {@link CsvType}. */
export const CSV_TYPES = ['boolean', 'number', 'integer', 'text'] as const satisfies readonly CsvType[]

/** A number in the syntax of RFC 8259 (JSON): no plus sign, no leading zero, digits on both sides of the dot. */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/
const INTEGER = /^-?(?:0|[1-9]\d*)$/
const NOT_FINITE = new Set(['NaN', 'Infinity', '-Infinity'])

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
      if (NUMBER.test(cell)) return exactNumber(cell)
      return NOT_FINITE.has(cell) ? Number(cell) : cell
  }
}

/** Infers the type of a column from its cells. */
export class CsvTypeGuess {
  #empty = true
  #boolean = true
  #integer = true
  #number = true

  /** Adds one more cell. Null does not affect the type. */
  note(cell: string | null): void {
    if (cell === null) return
    this.#empty = false
    this.#boolean &&= isBoolean(cell)
    this.#integer &&= INTEGER.test(cell)
    this.#number &&= this.#integer || NUMBER.test(cell) || NOT_FINITE.has(cell)
  }

  /** The narrowest type that fits all cells. Undefined while all cells were null. */
  get type(): CsvType | undefined {
    if (this.#empty) return undefined
    if (this.#boolean) return 'boolean'
    if (this.#integer) return 'integer'
    return this.#number ? 'number' : 'text'
  }
}

function isBoolean(cell: string): boolean {
  return cell === 'true' || cell === 'false'
}
