/**
 * Parquet as a RecordWriter: records become cells, cells fill the open row group, and a row group leaves when it is
 * full. A checkpoint ends the open row group and appends a complete footer; row groups may follow it, as readers go
 * by the offsets in the last footer.
 */
import { CellMaker } from './columns/cells.ts'
import { ColumnSet } from './columns/column-set.ts'
import type { Cell, Column } from './columns/column.ts'
import { JsonText } from './json-text.ts'
import type { ParquetCompression } from './parquet/compression.ts'
import { ParquetFileEncoder } from './parquet/parquet-file-encoder.ts'
import type { ChangedValues, RecordWriter } from './record-writer.ts'
import type { Refusal } from './values.ts'

/** Options of {@link ParquetWriter}. */
export interface ParquetWriterOptions {
  readonly compression: ParquetCompression
  /** Rows of a full row group. */
  readonly rowGroupRows: number
  /** Bytes of a full row group, before encoding. */
  readonly rowGroupBytes: number
}

/** Writes Parquet. Memory: one row group (`rowGroupBytes` and one record), and one page of it. */
export class ParquetWriter implements RecordWriter {
  readonly #options: ParquetWriterOptions
  readonly #json = new JsonText('null')
  readonly #cellMaker = new CellMaker(this.#json)
  readonly #columns: ColumnSet
  readonly #cells: Cell[]
  readonly #encoder: ParquetFileEncoder
  #headerTaken = false
  #refusal: Refusal | undefined

  constructor(columns: readonly Column[], options: ParquetWriterOptions) {
    this.#options = options
    this.#columns = new ColumnSet(columns, this.#cellMaker, true)
    this.#cells = new Array<Cell>(columns.length).fill(null)
    this.#encoder = new ParquetFileEncoder(columns, { compression: options.compression })
  }

  get rows(): number {
    return this.#encoder.rows + this.#encoder.bufferedRows
  }

  get rowsHandedOver(): number {
    return this.#encoder.rows
  }

  get full(): boolean {
    const { rowGroupRows, rowGroupBytes } = this.#options
    return this.#encoder.bufferedRows >= rowGroupRows || this.#encoder.bufferedBytes >= rowGroupBytes
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
    for (; index < to && !this.full; index++) {
      this.#refusal = this.#columns.fill(records[index], this.#cells)
      if (this.#refusal !== undefined) break
      this.#encoder.append(this.#cells)
    }
    return index
  }

  async *take(): AsyncGenerator<Uint8Array> {
    if (!this.#headerTaken) {
      this.#headerTaken = true
      yield this.#encoder.header()
    }
    if (this.full) yield* this.#encoder.endRowGroup()
  }

  async *checkpoint(): AsyncGenerator<Uint8Array> {
    yield* this.take()
    yield* this.#encoder.endRowGroup()
    yield this.#encoder.footer()
  }
}
