/**
 * The columns of CSV and Parquet files: their types, and the cells of a record. ARCHITECTURE.md defines which cell each
 * JavaScript value is written as.
 */

import { columnNames } from './column-names.ts'
import type { ColumnType, FieldType } from './column-type.ts'

/** One column of a file. */
export interface Column {
  /** Dotted path of the field. Dots within a key are escaped by a backslash. */
  readonly name: string
  /** Its name in the file. @default `name` */
  readonly fileName?: string
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
 * | int8 to int32, uint8 to uint32 | integer of the type, as a number |
 * | int64, uint64 | safe integer, or bigint |
 * | float | number of 32 bits |
 * | double | any number |
 * | decimal | text with all digits after the point |
 * | date | Date at midnight UTC |
 * | timestamp | valid Date of whole milliseconds |
 * | timestamp_micros | valid Date, or PreciseDate of whole microseconds |
 * | timestamp_nanos | Date or PreciseDate whose nanoseconds since 1970 fit 64 bits |
 * | time | text with all digits of the unit, `12:34:56.789` |
 * | interval | ISO 8601 duration of months, days and seconds |
 * | uuid | text in lower case |
 * | utf8, json | well-formed string |
 * | bytes | Uint8Array |
 * | list | array of cells |
 * | struct | array of cells, in the order of the fields |
 * | map | array of pairs of cells: key and value |
 *
 * A cell of any type may be null.
 */
export type Cell = boolean | bigint | number | Date | string | Uint8Array | null | readonly Cell[]

/**
 * A schema as given by the user: the paths of columns and their descriptions, in file order. A path is the keys of a
 * field, joined by dots: `m.x` for x within m. A backslash makes a dot or a backslash part of a key: `m\.x`, in code
 * `'m\\.x'`, for the key `m.x`. Both columns are called `m.x` in the file, unless it has both.
 */
export type Schema = Readonly<Record<string, FieldType>>

/** The columns of a schema. */
export function columnsOf(schema: Schema): Column[] {
  return withFileNames(
    Object.entries(schema).map(([name, description]) => ({
      name,
      ...(typeof description === 'object' && 'type' in description ? description : { type: description }),
    })),
  )
}

/** The columns of one file, with their names in it. */
export function withFileNames(columns: readonly Column[]): Column[] {
  const fileNames = columnNames(columns.map(({ name }) => name))
  return columns.map((column, index) => {
    const { fileName: _, ...others } = column
    const fileName = fileNames[index] as string
    return fileName === column.name ? others : { ...others, fileName }
  })
}

/** The name of a column in its file. */
export function fileNameOf({ name, fileName = name }: Column): string {
  return fileName
}

/** Whether a record may lack a value for the column. */
export function isNullable({ nullable }: Column): boolean {
  return nullable !== false
}
