/**
 * What an output is once it is stored, whichever tier holds it: a value with null in place of its tables, and the tables.
 */
import type { Schema } from '../../sinks/columns/column.ts'
import type { ResultRecord } from '../core/record.ts'
import type { NewFiles, StoredFile } from './new-files.ts'
import type { StoredRows } from './rows-file.ts'

/** A stored output. It never changes; another one takes its place. */
export interface StoredOutput {
  /** Tells it from all others, and stays when it moves to the disk. */
  readonly id: string
  /** Bytes where it is stored. */
  readonly bytes: number
  /** In the order of the fields that hold them. */
  readonly tables: readonly TableExtent[]
  /**
   * Opens it for reading: what becomes of it meanwhile does not matter to the reader.
   *
   * @param table - the index of the only table that is to be read; all is when it is left out
   */
  open(table?: number): Promise<OpenOutput>
}

/** How much a table holds. */
export interface TableExtent {
  /** The field that holds it; null when it is the whole output. */
  readonly field: string | null
  readonly rowCount: number
  readonly bytes: number
  /** The columns of all rows; null when the rows are not all alike. */
  readonly schema: Schema | null
}

/** A stored output while it is read. It is to be closed. */
export interface OpenOutput {
  /** The value with null in place of its tables; null when it is one table and nothing else. */
  rest(): Promise<unknown>
  /** The rows of a table, in batches. Memory: one batch, and a row group of Parquet. */
  rows(table: number): AsyncGenerator<ResultRecord[], void>
  /** Copies it into new files, as bytes. */
  copy(files: NewFiles): Promise<OutputFiles>
  close(): Promise<void>
}

/** The files an output is in. */
export interface OutputFiles {
  /** Holds the value with null in place of its tables; null when the output is one table and nothing else. */
  readonly rest: StoredFile | null
  readonly tables: readonly FiledTable[]
}

/** A table in files. */
export interface FiledTable {
  readonly field: string | null
  readonly rowCount: number
  readonly schema: Schema | null
  /** In the order of the rows. */
  readonly files: readonly StoredRows[]
}

/** Loads an output whole. */
export async function load(tables: readonly TableExtent[], open: OpenOutput): Promise<unknown> {
  const value = (await open.rest()) as Record<string, unknown>
  for (const [index, { field }] of tables.entries()) {
    const rows: ResultRecord[] = []
    for await (const batch of open.rows(index)) for (const row of batch) rows.push(row)
    if (field === null) return rows
    // The field exists, so this is an assignment even where it is called `__proto__`.
    value[field] = rows
  }
  return value
}
