/**
 * CSV: one row per record, a header row first, and dotted columns for nested fields. Every value is written as text
 * that reads back as the same value.
 */
import { CellMaker } from '../columns/cells.ts'
import { ColumnSet, type RowTarget } from '../columns/column-set.ts'
import { fileNameOf, type Cell, type Column } from '../columns/column.ts'
import { isNestedType } from '../columns/column-type.ts'
import type { CsvDialect } from './csv-dialect.ts'
import { CsvBlock } from './csv-block.ts'
import { escapeFormula } from './formula-text.ts'
import { cellText, isDefaultDialect, rowsToText, type CsvRow, type RowsToText } from './csv-text.ts'
import { JsonText } from '../values/json-text.ts'
import type { ChangedValues } from '../record-writer.ts'
import type { TextCompression } from './text-chunk.ts'
import { TextWriter } from './text-writer.ts'

/** Options of {@link CsvWriter}. */
interface CsvWriterOptions {
  readonly compression: TextCompression
  readonly dialect: CsvDialect
}

/** Rows that csv-stringify converts in one call. */
const ROWS_AT_ONCE = 256

/**
 * Writes CSV. Memory: that of a TextChunk and of a CsvBlock. For a dialect other than the default, 256 rows of cells.
 */
export class CsvWriter extends TextWriter {
  readonly #toText: RowsToText
  readonly #json = new JsonText('null')
  readonly #cellMaker = new CellMaker(this.#json)
  readonly #columns: ColumnSet
  /** Converts rows of the default dialect. Undefined for other dialects. */
  readonly #block: CsvBlock | undefined
  readonly #cells: CellRow

  constructor(given: readonly Column[], options: CsvWriterOptions) {
    super(options.compression)
    const columns = given.map(asTextColumn)
    this.#toText = rowsToText(options.dialect)
    this.#columns = new ColumnSet(columns, this.#cellMaker, false)
    const escapesFormulas = options.dialect.formulas === 'escape'
    this.#cells = new CellRow(columns, escapesFormulas)
    if (isDefaultDialect(options.dialect)) this.#block = new CsvBlock(columns)
    if (options.dialect.bom) this.chunk.append('\ufeff')
    if (options.dialect.header && columns.length > 0) {
      const names = columns.map(fileNameOf).map((name) => (escapesFormulas ? escapeFormula(name) : name))
      this.chunk.append(this.#toText([names]))
    }
  }

  get changed(): ChangedValues {
    return { nonFinite: this.#json.nonFinite, surrogates: this.#cellMaker.surrogatesReplaced }
  }

  protected encode(records: readonly unknown[], from: number, to: number): number {
    const block = this.#block
    return block ? this.#writeRows(block, records, from, to) : this.#stringify(records, from, to)
  }

  #writeRows(block: CsvBlock, records: readonly unknown[], from: number, to: number): number {
    let index = from
    while (index < to && this.refused === undefined && !this.chunk.full) {
      for (; index < to && !block.full; index++) {
        block.beginRow()
        this.refused = this.#columns.fill(records[index], block)
        if (this.refused === undefined && !block.inOrder) this.#addUnordered(block, records[index])
        if (this.refused !== undefined) {
          block.dropRow()
          break
        }
        block.endRow()
      }
      this.chunk.append(block.drain())
    }
    return index
  }

  /**
   * Adds a row whose values are not in the order of the columns. The block already contains some of them. The row may
   * still be refused.
   */
  #addUnordered(block: CsvBlock, record: unknown): void {
    // The values changed in this record are counted again below.
    this.#cellMaker.undo()
    if (!this.#fill(record)) return
    block.dropRow()
    this.#cells.texts.forEach((text, index) => {
      if (text !== null) block.addCell(index, text)
    })
  }

  /** Converts rows through csv-stringify, many rows per call because a call is expensive. */
  #stringify(records: readonly unknown[], from: number, to: number): number {
    let index = from
    while (index < to && this.refused === undefined && !this.chunk.full) {
      const rows: CsvRow[] = []
      for (const last = Math.min(to, index + ROWS_AT_ONCE); index < last; index++) {
        if (!this.#fill(records[index])) break
        rows.push([...this.#cells.texts])
      }
      this.chunk.append(this.#toText(rows))
    }
    return index
  }

  #fill(record: unknown): boolean {
    this.#cells.clear()
    this.refused = this.#columns.fill(record, this.#cells)
    return this.refused === undefined
  }
}

/** A column of lists, structs or maps is one of JSON text. Other columns stay the same objects, which may get a type later. */
function asTextColumn(column: Column): Column {
  return isNestedType(column.type) ? { ...column, type: 'json' } : column
}

/** The cells of one row, as text, filled in any order. */
class CellRow implements RowTarget {
  readonly #columns: readonly Column[]
  readonly #texts: (string | null)[]
  readonly #escapesFormulas: boolean

  constructor(columns: readonly Column[], escapesFormulas: boolean) {
    this.#columns = columns
    this.#escapesFormulas = escapesFormulas
    this.#texts = new Array<string | null>(columns.length).fill(null)
  }

  /** The cells so far. The array is reused for the next row. */
  get texts(): CsvRow {
    return this.#texts
  }

  take(): boolean {
    return false
  }

  add(index: number, cell: Cell): void {
    const text = cellText(cell, this.#columns[index]?.type)
    // Base64 may begin with `+`, too. Numbers and dates are no formulas.
    const mayBeFormula = typeof cell === 'string' || cell instanceof Uint8Array
    this.#texts[index] = this.#escapesFormulas && mayBeFormula && text !== null ? escapeFormula(text) : text
  }

  isMissing(index: number): boolean {
    return this.#texts[index] === null
  }

  clear(): void {
    this.#texts.fill(null)
  }
}
