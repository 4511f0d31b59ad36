/**
 * CSV: one row a record, a header row first, nested fields in dotted columns, every value in the text form that
 * reads back as the same value.
 */
import { CellMaker } from './columns/cells.ts'
import { ColumnSet, type RowTarget } from './columns/column-set.ts'
import type { Cell, Column } from './columns/column.ts'
import type { CsvDialect } from './csv-dialect.ts'
import { isDefaultDialect, joinCells, quoteCell, rowsToText, type CsvRow, type RowsToText } from './csv-rows.ts'
import { JsonText, toBase64 } from './json-text.ts'
import type { ChangedValues, RecordWriter } from './record-writer.ts'
import { TextChunk, type TextCompression } from './text-chunk.ts'
import type { Refusal } from './values.ts'

/** Options of {@link CsvWriter}. */
export interface CsvWriterOptions {
  readonly compression: TextCompression
  readonly dialect: CsvDialect
}

/** Rows that csv-stringify puts together at once. */
const ROWS_AT_ONCE = 256

/** Writes CSV. Memory: that of a TextChunk; in a dialect of its own, 256 rows of cells. */
export class CsvWriter implements RecordWriter {
  readonly #toText: RowsToText
  readonly #json = new JsonText('null')
  readonly #cellMaker = new CellMaker(this.#json)
  readonly #columns: ColumnSet
  readonly #cells: CellRow
  readonly #isDefaultDialect: boolean
  readonly #chunk: TextChunk
  #rows = 0
  #rowsHandedOver = 0
  #refusal: Refusal | undefined

  constructor(columns: readonly Column[], options: CsvWriterOptions) {
    this.#toText = rowsToText(options.dialect)
    this.#columns = new ColumnSet(columns, this.#cellMaker, false)
    this.#isDefaultDialect = isDefaultDialect(options.dialect)
    this.#cells = new CellRow(columns, this.#isDefaultDialect ? quoteCell : asItIs)
    this.#chunk = new TextChunk(options.compression)
    if (options.dialect.header && columns.length > 0) {
      this.#chunk.append(this.#toText([columns.map(({ name }) => name)]))
    }
  }

  get rows(): number {
    return this.#rows
  }

  get rowsHandedOver(): number {
    return this.#rowsHandedOver
  }

  get openRows(): number {
    return 0
  }

  get full(): boolean {
    return this.#chunk.full
  }

  get worn(): boolean {
    return false
  }

  get refusal(): Refusal | undefined {
    return this.#refusal
  }

  get changed(): ChangedValues {
    return { nonFinite: this.#json.nonFinite, surrogates: this.#cellMaker.surrogatesReplaced }
  }

  write(records: readonly unknown[], from: number, to: number): number {
    this.#refusal = undefined
    const index = this.#isDefaultDialect ? this.#writeRows(records, from, to) : this.#stringify(records, from, to)
    this.#rows += index - from
    return index
  }

  async *take(): AsyncGenerator<Uint8Array> {
    this.#rowsHandedOver = this.#rows
    yield await this.#chunk.take()
  }

  checkpoint(): AsyncGenerator<Uint8Array> {
    return this.take()
  }

  #writeRows(records: readonly unknown[], from: number, to: number): number {
    let index = from
    for (; index < to && !this.#chunk.full; index++) {
      if (!this.#fill(records[index])) break
      this.#chunk.append(joinCells(this.#cells.texts))
    }
    return index
  }

  /** Through csv-stringify, which wants many rows at a time. */
  #stringify(records: readonly unknown[], from: number, to: number): number {
    let index = from
    while (index < to && this.#refusal === undefined && !this.#chunk.full) {
      const rows: CsvRow[] = []
      for (const last = Math.min(to, index + ROWS_AT_ONCE); index < last; index++) {
        if (!this.#fill(records[index])) break
        rows.push([...this.#cells.texts])
      }
      this.#chunk.append(this.#toText(rows))
    }
    return index
  }

  #fill(record: unknown): boolean {
    this.#cells.clear()
    this.#refusal = this.#columns.fill(record, this.#cells)
    return this.#refusal === undefined
  }
}

/** The cells of one row, as text. */
class CellRow implements RowTarget {
  readonly #columns: readonly Column[]
  readonly #quote: (text: string) => string
  readonly #texts: (string | null)[]

  /** @param quote - puts quotes around the text of a cell that needs them */
  constructor(columns: readonly Column[], quote: (text: string) => string) {
    this.#columns = columns
    this.#quote = quote
    this.#texts = new Array<string | null>(columns.length).fill(null)
  }

  /** The cells so far; they change with the row. */
  get texts(): CsvRow {
    return this.#texts
  }

  /** Takes what needs no closer look: numbers and well-formed text in columns of their type. */
  take(index: number, value: unknown): boolean {
    const type = this.#columns[index]?.type
    if (typeof value === 'number') {
      if (type !== 'double' && (type !== 'int64' || !Number.isSafeInteger(value))) return false
      this.#texts[index] = String(value)
      return true
    }
    if (typeof value !== 'string' || type !== 'utf8' || !value.isWellFormed()) return false
    this.#texts[index] = this.#quote(value)
    return true
  }

  add(index: number, cell: Cell): void {
    const text = cellText(cell, this.#columns[index]?.type === 'date')
    this.#texts[index] = text === null ? null : this.#quote(text)
  }

  isMissing(index: number): boolean {
    return this.#texts[index] === null
  }

  clear(): void {
    this.#texts.fill(null)
  }
}

function asItIs(text: string): string {
  return text
}

/** The text form of a cell: the shortest number that reads back as the same, ISO 8601, base64. */
function cellText(cell: Cell, isDay: boolean): string | null {
  if (cell === null || typeof cell === 'string') return cell
  if (cell instanceof Date) return isDay ? (cell.toISOString().split('T', 1)[0] as string) : cell.toISOString()
  return cell instanceof Uint8Array ? toBase64(cell) : String(cell)
}
