/**
 * Records of one kind as a table, for writers that do not support nested records. The conversion is simple, fast code
 * for that kind of record.
 */
import type { Contender } from '../bench-case.ts'

/** The types of columns. Each writer has its own names for them. */
export type TableType = 'text' | 'double' | 'timestamp'

/** The values of a column, in the order of the records. */
export type TableValues = string[] | number[] | Date[]

/** Records of one kind as a table. */
export interface Table<Row> {
  /** Types by dotted name, in the order of the columns. They are the types that ParquetSink infers. */
  readonly columns: Readonly<Record<string, TableType>>
  /** The records as columns, in the order of `columns`. */
  transpose(this: void, records: readonly Row[]): TableValues[]
  /** A record without nesting, with the keys of `columns`. */
  flatten(this: void, record: Row): Readonly<Record<string, string | number | Date>>
}

/** A contender that writes the records of a pool, repeated. */
export type PoolWriter<Row> = Contender<readonly Row[]>
