/**
 * Parquet as a RecordWriter. The values of records fill the open row group, and a full row group is written. A complete
 * footer follows it while footers are a small part of the file. A checkpoint always ends with a footer. More row groups
 * may follow a footer, because readers use the offsets in the last one. So after a crash the file can be truncated to
 * its last footer.
 */
import { CellMaker } from '../columns/cells.ts'
import { ColumnSet } from '../columns/column-set.ts'
import type { Column } from '../columns/column.ts'
import { packageVersion } from '../../lib/core/package-version.ts'
import { JsonText } from '../values/json-text.ts'
import type { ParquetCompression } from './compression/compression.ts'
import { ParquetFileEncoder } from './parquet-file-encoder.ts'
import type { ChangedValues, OpenRowsCopy, RecordWriter } from '../record-writer.ts'
import type { Refusal } from '../values/values.ts'

/** Options of {@link ParquetWriter}. */
interface ParquetWriterOptions {
  readonly compression: ParquetCompression
  /** Rows of a full row group. */
  readonly rowGroupRows: number
  /** Bytes of a full row group in memory. */
  readonly rowGroupBytes: number
  /** Pairs for the key-value metadata of the file. */
  readonly metadata: Readonly<Record<string, string>>
}

/**
 * The share of the file that footers may take without a checkpoint. All footers before the last one are unused bytes.
 */
const FOOTER_SHARE = 0.01

/**
 * When unused footers exceed this share of the file, `shouldRotate` becomes true. This applies from `ROTATE_FROM_BYTES`
 * on, so that parts do not become too small.
 */
const MAX_UNUSED_SHARE = 0.02
const ROTATE_FROM_BYTES = 1024 * 1024

/** A row group with fewer rows and fewer bytes in memory than this is too small to be read efficiently. */
const SMALL_ROWS = 8192
const SMALL_BYTES = 4 * 1024 * 1024

/** Writes Parquet. Memory: that of a ParquetFileEncoder with a row group of `rowGroupBytes`, plus one record. */
export class ParquetWriter implements RecordWriter {
  readonly #options: ParquetWriterOptions
  readonly #json = new JsonText('null')
  readonly #cellMaker = new CellMaker(this.#json)
  readonly #columns: ColumnSet
  readonly #encoder: ParquetFileEncoder
  #headerTaken = false
  #refusal: Refusal | undefined
  #lastFooterBytes = 0
  /** The offset at which the last footer ends. */
  #lastFooterEnd = 0
  #rowsAtFooter = 0

  constructor(columns: readonly Column[], options: ParquetWriterOptions) {
    const { compression, metadata } = options
    this.#options = options
    this.#columns = new ColumnSet(columns, this.#cellMaker, true)
    this.#encoder = new ParquetFileEncoder(columns, {
      compression,
      metadata,
      createdBy: `spillway version ${packageVersion()}`,
    })
  }

  get rows(): number {
    return this.#encoder.rows + this.#encoder.rowGroup.rows
  }

  get rowsHandedOver(): number {
    return this.#encoder.rows
  }

  get full(): boolean {
    const { rowGroupRows, rowGroupBytes } = this.#options
    const { bytes, rows } = this.#encoder.rowGroup
    return rows >= rowGroupRows || bytes >= rowGroupBytes
  }

  get shouldRotate(): boolean {
    const { bytes, footerBytes } = this.#encoder
    return bytes >= ROTATE_FROM_BYTES && footerBytes - this.#lastFooterBytes > bytes * MAX_UNUSED_SHARE
  }

  get refusal(): Refusal | undefined {
    return this.#refusal
  }

  get changed(): ChangedValues {
    return { nonFinite: this.#json.nonFinite, surrogates: this.#cellMaker.surrogatesReplaced }
  }

  write(records: readonly unknown[], from: number, to: number): number {
    this.#refusal = undefined
    const { rowGroup } = this.#encoder
    let index = from
    for (; index < to && !this.full; index++) {
      this.#refusal = this.#columns.fill(records[index], rowGroup)
      if (this.#refusal !== undefined) {
        rowGroup.dropRow()
        break
      }
      rowGroup.endRow()
    }
    return index
  }

  async *take(): AsyncGenerator<Uint8Array> {
    yield* this.#takeHeader()
    if (!this.full) return
    yield* this.#encoder.endRowGroup()
    if (this.#mayAddFooter()) yield this.#takeFooter()
  }

  async *checkpoint(): AsyncGenerator<Uint8Array> {
    yield* this.#takeHeader()
    yield* this.#encoder.endRowGroup()
    if (this.#encoder.bytes !== this.#lastFooterEnd) yield this.#takeFooter()
  }

  copyOpenRows(): OpenRowsCopy | undefined {
    const { rows, rowGroup } = this.#encoder
    // The row groups behind the last footer need a footer, too.
    if (rows !== this.#rowsAtFooter) return undefined
    const isSmall = rowGroup.rows < SMALL_ROWS && rowGroup.bytes < SMALL_BYTES
    return isSmall && rowGroup.rows > 0 ? { rows: rowGroup.rows, pieces: this.#encoder.copyRowGroup() } : undefined
  }

  *#takeHeader(): Generator<Uint8Array> {
    if (this.#headerTaken) return
    this.#headerTaken = true
    yield this.#encoder.header()
  }

  #takeFooter(): Uint8Array {
    const footer = this.#encoder.footer()
    this.#lastFooterBytes = footer.length
    this.#lastFooterEnd = this.#encoder.bytes
    this.#rowsAtFooter = this.#encoder.rows
    return footer
  }

  /**
   * Whether a footer may follow the row group that just ended. With it, a crash loses only the rows after this row
   * group.
   */
  #mayAddFooter(): boolean {
    const { bytes, footerBytes } = this.#encoder
    return footerBytes + this.#lastFooterBytes <= bytes * FOOTER_SHARE
  }
}
