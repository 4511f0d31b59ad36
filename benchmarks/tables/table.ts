/**
 * Records of one kind as a table: what the writers that know no nested records need to be told, and get done for them
 * by the plainest fast code there is for the kind.
 */
import type { Contender } from '../bench-case.ts'

/** The types of the columns; each writer has its own names for them. */
export type TableType = 'text' | 'double' | 'timestamp'

/** The values of a column for some records, in their order. */
export type TableValues = string[] | number[] | Date[]

/** Records of one kind as a table. */
export interface Table<Row> {
  /** Types by dotted name, in the order of the columns. They are those that ParquetSink infers. */
  readonly columns: Readonly<Record<string, TableType>>
  /** The records as columns, in the order of `columns`. */
  transpose(this: void, records: readonly Row[]): TableValues[]
  /** A record without nesting, its keys being those of `columns`. */
  flatten(this: void, record: Row): Readonly<Record<string, string | number | Date>>
}

/** A contender that goes round a pool of records. */
export type PoolWriter<Row> = Contender<readonly Row[]>
