/**
 * The columns of CSV and Parquet files: their types, and the cells a record is turned into. What each JavaScript
 * value becomes is written down in ARCHITECTURE.md; this is its vocabulary.
 */

/** The types a column can have, named as in a schema option. */
export const COLUMN_TYPES = ['boolean', 'int64', 'double', 'timestamp', 'utf8', 'bytes', 'json'] as const

/** A type of {@link COLUMN_TYPES}. */
export type ColumnType = (typeof COLUMN_TYPES)[number]

/** One column of a file. */
export interface Column {
  /** Dotted path of the field, dots within a key escaped by a backslash. */
  readonly name: string
  /** Null while every value so far was null; the first other value then decides. */
  type: ColumnType | null
}

/**
 * What stands in a cell, by the column's type: `boolean` a boolean, `int64` a bigint within 64 bits, `double` any
 * number, `timestamp` a valid Date, `utf8` and `json` a well-formed string, `bytes` a Uint8Array; null in any.
 */
export type Cell = boolean | bigint | number | Date | string | Uint8Array | null

/** A schema as given by the user: dotted column names and their types, in file order. */
export type Schema = Readonly<Record<string, ColumnType>>
