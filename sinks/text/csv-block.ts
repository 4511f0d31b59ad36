/**
 * Rows of the default CSV dialect that are converted to text together. One `JSON.stringify` call makes the text of all
 * their numbers. A single conversion first looks the number up in a cache of V8, which rarely contains it. The lookup
 * takes as long as making the text (`npm run bench -- csv-search-records`). Both conversions give the same text for every
 * finite number.
 */
import type { RowTarget } from '../columns/column-set.ts'
import type { Cell, Column } from '../columns/column.ts'
import { cellText, needsCare, quoteCell } from './csv-text.ts'
import { isNegativeZero } from '../values/json-text.ts'
import { PIECE_UNITS } from './text-chunk.ts'

/** Maximum count of numbers that are converted together. */
const MAX_NUMBERS = 1024

/** Collects the values of rows, in the order of the columns. Memory: 1024 numbers, about 16 KB of text, and one row. */
export class CsvBlock implements RowTarget {
  readonly #columns: readonly Column[]
  /** The text before each number. */
  #texts: string[] = []
  #numbers: number[] = []
  /** The text after the last number. */
  #tail = ''
  #units = 0
  /** The state before the current row, for {@link dropRow}. */
  #rowsBefore = { numbers: 0, tail: '' }
  /** Index of the last column that the current row has reached, and the columns that it has skipped. */
  #at = -1
  #gaps: number[] = []
  #inOrder = true

  constructor(columns: readonly Column[]) {
    this.#columns = columns
  }

  /** Whether {@link drain} should be called. */
  get full(): boolean {
    return this.#units >= PIECE_UNITS || this.#numbers.length >= MAX_NUMBERS
  }

  /** Whether the values of the current row came in the order of the columns. If not, the caller must drop the row. */
  get inOrder(): boolean {
    return this.#inOrder
  }

  beginRow(): void {
    this.#rowsBefore.numbers = this.#numbers.length
    this.#rowsBefore.tail = this.#tail
    this.#beginCells()
  }

  endRow(): void {
    const last = this.#columns.length - 1
    if (this.#at < last) this.#moveTo(last)
    this.#tail += '\n'
  }

  /** Removes all values of the current row, which may be written again. */
  dropRow(): void {
    const { numbers, tail } = this.#rowsBefore
    this.#texts.length = numbers
    this.#numbers.length = numbers
    this.#tail = tail
    this.#beginCells()
  }

  /** Returns the text of all rows and removes them. */
  drain(): string {
    let text = ''
    if (this.#numbers.length > 0) {
      const numbers = JSON.stringify(this.#numbers).slice(1, -1).split(',')
      for (let place = 0; place < numbers.length; place++) {
        text += `${this.#texts[place] as string}${numbers[place] as string}`
      }
    }
    text += this.#tail
    this.#texts = []
    this.#numbers = []
    this.#tail = ''
    this.#units = 0
    return text
  }

  /** Takes values that need no further check: numbers and well-formed text in columns of their type. */
  take(index: number, value: unknown): boolean {
    const type = this.#columns[index]?.type
    if (typeof value === 'number') {
      if (type !== 'double' && (type !== 'int64' || !Number.isSafeInteger(value))) return false
      // Integers have no negative zero.
      if (isNegativeZero(value)) this.#addText(index, type === 'double' ? '-0' : '0')
      else if (Number.isFinite(value)) this.#addNumber(index, value)
      else this.#addText(index, String(value))
      return true
    }
    if (typeof value !== 'string' || type !== 'utf8' || needsCare(value)) return false
    this.#addText(index, value)
    return true
  }

  add(index: number, cell: Cell): void {
    const text = cellText(cell, this.#columns[index]?.type)
    if (text === null) return
    // Text made from another type contains nothing that needs quotes, but it may be empty.
    if (typeof cell === 'string' || text === '') this.addCell(index, text)
    else this.#addText(index, text)
  }

  /** Adds the text of a cell, in quotes if it needs them. */
  addCell(index: number, text: string): void {
    this.#addText(index, quoteCell(text))
  }

  isMissing(index: number): boolean {
    // If the values came out of order, this index alone does not show whether a column has a value.
    return this.#inOrder && (index > this.#at || this.#gaps.includes(index))
  }

  #addNumber(index: number, value: number): void {
    this.#moveTo(index)
    this.#texts.push(this.#tail)
    this.#numbers.push(value)
    this.#tail = ''
  }

  #addText(index: number, text: string): void {
    this.#moveTo(index)
    this.#tail += text
    this.#units += text.length
  }

  /** Moves to a column. Adds a comma before every column except the first. */
  #moveTo(index: number): void {
    if (index <= this.#at) this.#inOrder = false
    for (; this.#at < index; this.#at++) {
      if (this.#at >= 0) this.#tail += ','
      if (this.#at + 1 < index) this.#gaps.push(this.#at + 1)
    }
  }

  #beginCells(): void {
    this.#at = -1
    this.#inOrder = true
    if (this.#gaps.length > 0) this.#gaps = []
  }
}
