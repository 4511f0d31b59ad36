/**
 * CSV: one row a record, a header row first, nested fields in dotted columns, every value in the text form that
 * reads back as the same value.
 */
import { CellMaker } from './columns/cells.ts'
import { ColumnSet, type RowTarget } from './columns/column-set.ts'
import type { Cell, Column } from './columns/column.ts'
import type { CsvDialect } from './csv-dialect.ts'
import { rowsToText, type CsvRow, type RowsToText } from './csv-rows.ts'
import { JsonText, toBase64 } from './json-text.ts'
import type { ChangedValues, RecordWriter } from './record-writer.ts'
import { TextChunk, type TextCompression } from './text-chunk.ts'
import type { Refusal } from './values.ts'

/** Options of {@link CsvWriter}. */
export interface CsvWriterOptions {
  readonly compression: TextCompression
  readonly dialect: CsvDialect
}

/** Rows that are put together at once. */
const ROWS_AT_ONCE = 256

/** Writes CSV. Memory: about 256 KB of text, and 256 rows of cells. */
export class CsvWriter implements RecordWriter {
  readonly #toText: RowsToText
  readonly #json = new JsonText('null')
  readonly #cellMaker = new CellMaker(this.#json)
  readonly #columns: ColumnSet
  readonly #cells: CellRow
  readonly #chunk: TextChunk
  #rows = 0
  #rowsHandedOver = 0
  #refusal: Refusal | undefined

  constructor(columns: readonly Column[], options: CsvWriterOptions) {
    this.#toText = rowsToText(options.dialect)
    this.#columns = new ColumnSet(columns, this.#cellMaker, false)
    this.#cells = new CellRow(columns)
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
    let index = from
    while (index < to && this.#refusal === undefined && !this.#chunk.full) {
      const rows: CsvRow[] = []
      for (const last = Math.min(to, index + ROWS_AT_ONCE); index < last; index++) {
        this.#cells.clear()
        this.#refusal = this.#columns.fill(records[index], this.#cells)
        if (this.#refusal !== undefined) break
        rows.push(this.#cells.texts())
      }
      this.#chunk.append(this.#toText(rows))
      this.#rows += rows.length
    }
    return index
  }

  async *take(): AsyncGenerator<Uint8Array> {
    this.#rowsHandedOver = this.#rows
    yield await this.#chunk.take()
  }

  checkpoint(): AsyncGenerator<Uint8Array> {
    return this.take()
  }
}

/** The cells of one row, as text. */
class CellRow implements RowTarget {
  readonly #columns: readonly Column[]
  readonly #texts: (string | null)[]

  constructor(columns: readonly Column[]) {
    this.#columns = columns
    this.#texts = new Array<string | null>(columns.length).fill(null)
  }

  take(): boolean {
    return false
  }

  add(index: number, cell: Cell): void {
    this.#texts[index] = cellText(cell, this.#columns[index]?.type === 'date')
  }

  isMissing(index: number): boolean {
    return this.#texts[index] === null
  }

  clear(): void {
    this.#texts.fill(null)
  }

  texts(): CsvRow {
    return this.#texts.slice()
  }
}

/** The text form of a cell: the shortest number that reads back as the same, ISO 8601, base64. */
function cellText(cell: Cell, isDay: boolean): string | null {
  if (cell === null || typeof cell === 'string') return cell
  if (cell instanceof Date) return isDay ? (cell.toISOString().split('T', 1)[0] as string) : cell.toISOString()
  return cell instanceof Uint8Array ? toBase64(cell) : String(cell)
}
