/**
 * The columns of CSV and Parquet files: their types, and the cells a record is turned into. What each JavaScript
 * value becomes is written down in ARCHITECTURE.md; this is its vocabulary.
 */

/** The types a column can have, named as in a schema option. */
export const COLUMN_TYPES = [
  'boolean',
  'int32',
  'int64',
  'double',
  'date',
  'timestamp',
  'utf8',
  'bytes',
  'json',
] as const

/** A type of a column: `boolean`, `int32`, `int64`, `double`, `date`, `timestamp`, `utf8`, `bytes` or `json`. */
export type ColumnType = (typeof COLUMN_TYPES)[number]

/** One column of a file. */
export interface Column {
  /** Dotted path of the field, dots within a key escaped by a backslash. */
  readonly name: string
  /** Null while every value so far was null; the first other value then decides. */
  type: ColumnType | null
  /**
   * Whether a record may have nothing for it.
   *
   * @default true
   */
  readonly nullable?: boolean
}

/**
 * What stands in a cell, by the column's type: `boolean` a boolean, `int32` an integer of 32 bits, `int64` a safe integer
 * or a bigint, `double` any number, `date` a Date at midnight UTC, `timestamp` a valid Date, `utf8` and `json` a
 * well-formed string, `bytes` a Uint8Array; null in any.
 */
export type Cell = boolean | bigint | number | Date | string | Uint8Array | null

/** A column as the user describes it: its type, and whether a record may have nothing for it (it may, by default). */
type ColumnDescription = ColumnType | { readonly type: ColumnType; readonly nullable?: boolean }

/** A schema as given by the user: dotted column names and what they hold, in file order. */
export type Schema = Readonly<Record<string, ColumnDescription>>

/** The columns of a schema. */
export function columnsOf(schema: Schema): Column[] {
  return Object.entries(schema).map(([name, description]) => ({
    name,
    ...(typeof description === 'string' ? { type: description } : description),
  }))
}

/** Whether a record may have nothing for the column. */
export function isNullable({ nullable }: Column): boolean {
  return nullable !== false
}
