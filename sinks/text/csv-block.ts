/**
 * Rows of the default dialect of CSV that become text together. One `JSON.stringify` makes the text of all their numbers:
 * by itself, a number is looked up first in a cache of V8's where it hardly ever is, which takes as long as making its
 * text. Both texts are the same for every finite number.
 */
import type { RowTarget } from '../columns/column-set.ts'
import type { Cell, Column } from '../columns/column.ts'
import { cellText, needsCare, quoteCell } from './csv-text.ts'
import { PIECE_UNITS } from './text-chunk.ts'

/** More numbers than this are not converted together. */
const MOST_NUMBERS = 1024

/**
 * Takes the values of one row after the other, in the order of the columns. Memory: 1024 numbers, some 16 KB of text, and
 * one row more.
 */
export class CsvBlock implements RowTarget {
  readonly #columns: readonly Column[]
  /** The text before each of the numbers. */
  #texts: string[] = []
  #numbers: number[] = []
  /** The text behind the last number. */
  #tail = ''
  #units = 0
  /** What there is without the row at hand. */
  #rowsBefore = { numbers: 0, tail: '' }
  /** Index of the column that the row has come to, and those that it has passed over. */
  #at = -1
  #gaps: number[] = []
  #inOrder = true

  constructor(columns: readonly Column[]) {
    this.#columns = columns
  }

  /** Whether it is time to {@link drain} it. */
  get full(): boolean {
    return this.#units >= PIECE_UNITS || this.#numbers.length >= MOST_NUMBERS
  }

  /** Whether the values of the row came in the order of the columns; if not, the row is to be dropped. */
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

  /** Takes back all of the row, which may begin anew. */
  dropRow(): void {
    const { numbers, tail } = this.#rowsBefore
    this.#texts.length = numbers
    this.#numbers.length = numbers
    this.#tail = tail
    this.#beginCells()
  }

  /** The text of all rows, which are gone then. */
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

  /** Takes what needs no closer look: numbers and well-formed text in columns of their type. */
  take(index: number, value: unknown): boolean {
    const type = this.#columns[index]?.type
    if (typeof value === 'number') {
      if (type !== 'double' && (type !== 'int64' || !Number.isSafeInteger(value))) return false
      if (Number.isFinite(value)) this.#addNumber(index, value)
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
    // What is made of no text has nothing in it that needs quotes, but it may be empty.
    if (typeof cell === 'string' || text === '') this.addCell(index, text)
    else this.#addText(index, text)
  }

  /** Takes the text of a cell. */
  addCell(index: number, text: string): void {
    this.#addText(index, quoteCell(text))
  }

  isMissing(index: number): boolean {
    // Out of order, it may have come where nobody looked for it.
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

  /** Goes on to a column: a comma stands before each but the first. */
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
