/**
 * CSV: one row a record, a header row first, nested fields in dotted columns, every value in the text form that
 * reads back as the same value.
 */
import { CellMaker } from '../columns/cells.ts'
import { ColumnSet, type RowTarget } from '../columns/column-set.ts'
import type { Cell, Column } from '../columns/column.ts'
import type { CsvDialect } from './csv-dialect.ts'
import { CsvBlock } from './csv-block.ts'
import { cellText, isDefaultDialect, rowsToText, type CsvRow, type RowsToText } from './csv-text.ts'
import { JsonText } from '../values/json-text.ts'
import type { ChangedValues, RecordWriter } from '../record-writer.ts'
import { TextChunk, type TextCompression } from './text-chunk.ts'
import type { Refusal } from '../values/values.ts'

/** Options of {@link CsvWriter}. */
interface CsvWriterOptions {
  readonly compression: TextCompression
  readonly dialect: CsvDialect
}

/** Rows that csv-stringify puts together at once. */
const ROWS_AT_ONCE = 256

/** Writes CSV. Memory: that of a TextChunk and of a CsvBlock; in a dialect of its own, 256 rows of cells. */
export class CsvWriter implements RecordWriter {
  readonly #toText: RowsToText
  readonly #json = new JsonText('null')
  readonly #cellMaker = new CellMaker(this.#json)
  readonly #columns: ColumnSet
  /** Where rows of the default dialect are put together; undefined in another one. */
  readonly #block: CsvBlock | undefined
  readonly #cells: CellRow
  readonly #chunk: TextChunk
  #rows = 0
  #rowsHandedOver = 0
  #refusal: Refusal | undefined

  constructor(columns: readonly Column[], options: CsvWriterOptions) {
    this.#toText = rowsToText(options.dialect)
    this.#columns = new ColumnSet(columns, this.#cellMaker, false)
    this.#cells = new CellRow(columns)
    if (isDefaultDialect(options.dialect)) this.#block = new CsvBlock(columns)
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

  get shouldRotate(): boolean {
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
    const block = this.#block
    const index = block ? this.#writeRows(block, records, from, to) : this.#stringify(records, from, to)
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

  #writeRows(block: CsvBlock, records: readonly unknown[], from: number, to: number): number {
    let index = from
    while (index < to && this.#refusal === undefined && !this.#chunk.full) {
      for (; index < to && !block.full; index++) {
        block.beginRow()
        this.#refusal = this.#columns.fill(records[index], block)
        if (this.#refusal === undefined && !block.inOrder) this.#addUnordered(block, records[index])
        if (this.#refusal !== undefined) {
          block.dropRow()
          break
        }
        block.endRow()
      }
      this.#chunk.append(block.drain())
    }
    return index
  }

  /** A row whose values do not come in the order of the columns, of which the block has put some; it may yet be refused. */
  #addUnordered(block: CsvBlock, record: unknown): void {
    // What was changed in it is counted again.
    this.#cellMaker.undo()
    if (!this.#fill(record)) return
    block.dropRow()
    this.#cells.texts.forEach((text, index) => {
      if (text !== null) block.addCell(index, text)
    })
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

/** The cells of one row, as text, in any order. */
class CellRow implements RowTarget {
  readonly #columns: readonly Column[]
  readonly #texts: (string | null)[]

  constructor(columns: readonly Column[]) {
    this.#columns = columns
    this.#texts = new Array<string | null>(columns.length).fill(null)
  }

  /** The cells so far; they change with the row. */
  get texts(): CsvRow {
    return this.#texts
  }

  take(): boolean {
    return false
  }

  add(index: number, cell: Cell): void {
    this.#texts[index] = cellText(cell, this.#columns[index]?.type)
  }

  isMissing(index: number): boolean {
    return this.#texts[index] === null
  }

  clear(): void {
    this.#texts.fill(null)
  }
}
