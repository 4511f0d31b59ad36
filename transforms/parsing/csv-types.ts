/**
 * What the cells of a CSV column stand for: guessing it from the cells seen, and turning a cell into its value.
 * Only literals that mean the same everywhere count, so that no text (an id with leading zeros, a date) is ever
 * taken for a number.
 */
import { exactNumber } from './big-integers.ts'

/** Type of a CSV column. An integer column holds no fraction and no exponent; timestamps are text. */
export type CsvType = 'boolean' | 'number' | 'integer' | 'text'

/** The words of {@link CsvType}. */
export const CSV_TYPES = ['boolean', 'number', 'integer', 'text'] as const satisfies readonly CsvType[]

/** A number as RFC 8259 (JSON) writes it: no plus sign, no leading zero, digits on both sides of the dot. */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/
const INTEGER = /^-?(?:0|[1-9]\d*)$/
const NOT_FINITE = new Set(['NaN', 'Infinity', '-Infinity'])

/** The value of a cell in a column of `type`; a cell that does not fit stays the string it is. */
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

/** Collects what the cells of one column have in common. */
export class CsvTypeGuess {
  #empty = true
  #boolean = true
  #integer = true
  #number = true

  /** Takes one more cell into account; null says nothing about the type. */
  note(cell: string | null): void {
    if (cell === null) return
    this.#empty = false
    this.#boolean &&= isBoolean(cell)
    this.#integer &&= INTEGER.test(cell)
    this.#number &&= this.#integer || NUMBER.test(cell) || NOT_FINITE.has(cell)
  }

  /** The narrowest type all cells fit; undefined as long as all were null. */
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
