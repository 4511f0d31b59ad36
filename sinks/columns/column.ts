/**
 * The columns of CSV and Parquet files: their types, and the cells of a record. ARCHITECTURE.md defines which cell each
 * JavaScript value is written as.
 */

/** The types of columns, with the names that a schema option uses. */
export const COLUMN_TYPES = [
  'boolean',
  'int32',
  'int64',
  'double',
  'date',
  'timestamp',
  'timestamp_micros',
  'timestamp_nanos',
  'utf8',
  'bytes',
  'json',
] as const

/**
 * A type of a column: `boolean`, `int32`, `int64`, `double`, `date`, `timestamp` (milliseconds), `timestamp_micros`,
 * `timestamp_nanos`, `utf8`, `bytes` or `json`.
 */
export type ColumnType = (typeof COLUMN_TYPES)[number]

/** One column of a file. */
export interface Column {
  /** Dotted path of the field. Dots within a key are escaped by a backslash. */
  readonly name: string
  /** Null while every value so far was null. The first other value determines the type. */
  type: ColumnType | null
  /**
   * Whether a record may lack a value for the column.
   *
   * @default true
   */
  readonly nullable?: boolean
  /** Whether its type was inferred by choice: a value that the type would not give back as it was does not fit. */
  readonly inferred?: boolean
}

/**
 * The value of a cell. The type of the column determines its JavaScript type:
 *
 * | column | cell |
 * |---|---|
 * | boolean | boolean |
 * | int32 | integer of 32 bits, as a number |
 * | int64 | safe integer, or bigint |
 * | double | any number |
 * | date | Date at midnight UTC |
 * | timestamp | valid Date of whole milliseconds |
 * | timestamp_micros | valid Date, or PreciseDate of whole microseconds |
 * | timestamp_nanos | Date or PreciseDate whose nanoseconds since 1970 fit 64 bits |
 * | utf8, json | well-formed string |
 * | bytes | Uint8Array |
 *
 * A cell of any type may be null.
 */
export type Cell = boolean | bigint | number | Date | string | Uint8Array | null

/**
 * The description of a column in a schema: its type, and whether a record may lack a value for it. `nullable` is true
 * by default.
 */
type ColumnDescription = ColumnType | { readonly type: ColumnType; readonly nullable?: boolean }

/** A schema as given by the user: dotted column names and their descriptions, in file order. */
export type Schema = Readonly<Record<string, ColumnDescription>>

/** The columns of a schema. */
export function columnsOf(schema: Schema): Column[] {
  return Object.entries(schema).map(([name, description]) => ({
    name,
    ...(typeof description === 'string' ? { type: description } : description),
  }))
}

/** Whether a record may lack a value for the column. */
export function isNullable({ nullable }: Column): boolean {
  return nullable !== false
}
