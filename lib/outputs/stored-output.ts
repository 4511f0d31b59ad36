/**
 * A stored output, in memory or on disk: a value with its tables replaced by null, and the tables.
 */
import type { Schema } from '../../sinks/columns/column.ts'
import type { ResultRecord } from '../core/record.ts'
import type { NewFiles, StoredFile } from './new-files.ts'
import type { StoredRows } from './rows-file.ts'

/** A stored output. It never changes; it can only be replaced by another output. */
export interface StoredOutput {
  /** Unique id of the output. It stays the same when the output moves to the disk. */
  readonly id: string
  /** Bytes in memory or on disk. */
  readonly bytes: number
  /** The tables, in the order of their fields. */
  readonly tables: readonly TableExtent[]
  /**
   * Opens the output for reading. A reader is not affected when the output is replaced, moved or removed meanwhile.
   *
   * @param table - the index of the only table to read; without it everything can be read
   */
  open(table?: number): Promise<OpenOutput>
}

/** The size and the columns of a table. */
export interface TableExtent {
  /** The field that contains the table; null when the output is exactly this table. */
  readonly field: string | null
  /** Number of rows. */
  readonly rowCount: number
  /** Bytes in memory or on disk. */
  readonly bytes: number
  /** The columns of all rows; null when not all rows have the same columns. */
  readonly schema: Schema | null
}

/** A stored output that is open for reading. It must be closed. */
export interface OpenOutput {
  /** The value with its tables replaced by null; null when the output is exactly one table. */
  rest(): Promise<unknown>
  /** The rows of a table, in batches, in their order. Memory: one batch, and one row group of Parquet. */
  rows(table: number): AsyncGenerator<ResultRecord[], void>
  /** Copies the stored bytes into new files, without decoding them. */
  copy(files: NewFiles): Promise<OutputFiles>
  close(): Promise<void>
}

/** The files of an output. */
export interface OutputFiles {
  /** The file of the value with its tables replaced by null; null when the output is exactly one table. */
  readonly rest: StoredFile | null
  readonly tables: readonly FiledTable[]
}

/** A table in files. */
export interface FiledTable {
  readonly field: string | null
  readonly rowCount: number
  readonly schema: Schema | null
  /** The files, in the order of the rows. */
  readonly files: readonly StoredRows[]
}

/** Loads a whole output into memory. */
export async function load(tables: readonly TableExtent[], open: OpenOutput): Promise<unknown> {
  const value = (await open.rest()) as Record<string, unknown>
  for (const [index, { field }] of tables.entries()) {
    const rows: ResultRecord[] = []
    for await (const batch of open.rows(index)) for (const row of batch) rows.push(row)
    if (field === null) return rows
    // The field exists, so this is an ordinary assignment even if the field is called `__proto__`.
    value[field] = rows
  }
  return value
}
