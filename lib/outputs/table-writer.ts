/**
 * Writes the rows of one table: as Parquet as long as they are alike, and from the first that is not as frames. So a table
 * is at most a Parquet file, followed by a file of frames.
 */
import type { Schema } from '../../sinks/columns/column.ts'
import type { ResultRecord } from '../core/record.ts'
import { FlatColumns } from './flat-columns.ts'
import type { NewFiles } from './new-files.ts'
import { ParquetRows, SerializedRows, type RowsFile, type StoredRows } from './rows-file.ts'
import type { RowsPlace } from './serialize.ts'

/** What was written. */
interface WrittenTable {
  readonly rowCount: number
  /** The columns of all rows; null when the rows are not all alike. */
  readonly schema: Schema | null
  /** In the order of the rows; none for no rows. */
  readonly files: readonly StoredRows[]
}

/** Writes one table. Memory: a row group of Parquet. Each call is to be awaited before the next. */
export class TableWriter {
  readonly #files: NewFiles
  readonly #name: string
  readonly #place: RowsPlace
  readonly #columns = new FlatColumns()
  #parquet: RowsFile | undefined
  #frames: RowsFile | undefined
  #rows = 0

  /** @param name - what the names of the files end in, before the extension */
  constructor(files: NewFiles, name: string, place: RowsPlace) {
    this.#files = files
    this.#name = name
    this.#place = place
  }

  /** @throws {SpillwayError} `ERR_SPILLWAY_IO`; `ERR_SPILLWAY_OUTPUT` for rows that cannot be serialized */
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

  /** Releases the files after a failure. */
  async abandon(): Promise<void> {
    await this.#parquet?.abandon()
    await this.#frames?.abandon()
  }
}
