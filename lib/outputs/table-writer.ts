/**
 * Writes the rows of one table. Rows go to a Parquet file while their columns are the same. From the first row with
 * other columns they go to a file of frames. So a table has at most two files.
 */
import type { Schema } from '../../sinks/columns/column.ts'
import type { ResultRecord } from '../core/record.ts'
import { FlatColumns } from './flat-columns.ts'
import type { NewFiles } from './new-files.ts'
import { ParquetRows, SerializedRows, type RowsFile, type StoredRows } from './rows-file.ts'
import type { RowsPlace } from './serialize.ts'

/** A written table. */
export interface WrittenTable {
  readonly rowCount: number
  /** The columns of all rows; null when not all rows have the same columns. */
  readonly schema: Schema | null
  /** The files, in the order of the rows; empty for a table without rows. */
  readonly files: readonly StoredRows[]
}

/** Writes one table. Memory: one row group of Parquet. Await each call before the next. */
export class TableWriter {
  readonly #files: NewFiles
  readonly #name: string
  readonly #place: RowsPlace
  readonly #columns = new FlatColumns()
  #parquet: RowsFile | undefined
  #frames: RowsFile | undefined
  #rows = 0

  /** @param name - the last part of the files' names, before the extension */
  constructor(files: NewFiles, name: string, place: RowsPlace) {
    this.#files = files
    this.#name = name
    this.#place = place
  }

  /**
   * Appends rows.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_IO`; `ERR_SPILLWAY_OUTPUT` for rows that cannot be stored
   */
  async write(rows: readonly ResultRecord[]): Promise<void> {
    const alike = this.#columns.take(rows)
    if (alike > 0) {
      this.#parquet ??= new ParquetRows(this.#files.make(`${this.#name}.parquet`))
      await this.#parquet.write(rows.slice(0, alike))
      this.#rows += alike
    }
    if (alike < rows.length) {
      this.#frames ??= new SerializedRows(this.#files.make(`${this.#name}.frames`), this.#place, this.#rows)
      await this.#frames.write(rows.slice(alike))
      this.#rows += rows.length - alike
    }
  }

  /**
   * Completes the files and makes them durable.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_IO`
   */
  async finish(): Promise<WrittenTable> {
    const files: StoredRows[] = []
    for (const file of [this.#parquet, this.#frames]) if (file !== undefined) files.push(await file.finish())
    return { rowCount: this.#rows, schema: this.#columns.schema, files }
  }

  /** Closes the files after a failure, without an error. */
  async abandon(): Promise<void> {
    await this.#parquet?.abandon()
    await this.#frames?.abandon()
  }
}
