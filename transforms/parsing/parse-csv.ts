/**
 * Parses CSV into records: the first row names the columns, and cells are converted to the types of their columns.
 */
import type { Transform } from 'node:stream'
import { callback, flag, integerFrom, resolveOptions, type Check, type Checks } from '../../lib/core/options.ts'
import type { ResultRecord, RowItem, TypedReadable, WithBatches } from '../../lib/core/record.ts'
import { CsvDecoder } from './csv-decoder.ts'
import { DIALECT_DEFAULTS, dialectChecks, refuseAmbiguity, type CsvInputOptions } from './csv-dialect.ts'
import { CSV_TYPES, type CsvType } from './csv-types.ts'
import { RecordParser, recordParserChecks, type RecordParserOptions } from './record-parser.ts'

/** Options of {@link parseCsv}. */
export interface ParseCsvOptions extends RecordParserOptions, CsvInputOptions {
  /**
   * The types of the columns. `'infer'` infers them from the first records, `'text'` leaves all cells strings. An
   * object states the types of columns by name, as `inferCsvTypes` returns it; columns that it does not contain are
   * text.
   *
   * @default 'infer'
   */
  readonly types?: 'infer' | 'text' | Readonly<Record<string, CsvType>>
  /**
   * Turn dotted columns into objects: the column `a.b` becomes the field b of a. A dot after a backslash is part of the
   * key. A record with values for both `a` and `a.b` is bad input.
   *
   * @default false
   */
  readonly nest?: boolean
  /** Records to infer types from. They are held until then, or until they take `maxRecordBytes`. @default 1000 */
  readonly inferRows?: number
  /** Maximum size of a record in bytes. @default 16777216 (16 MB) */
  readonly maxRecordBytes?: number
  /** Called with the names of the columns, before the first record. */
  readonly onHeader?: (names: readonly string[]) => void
}

const typesCheck: Check = {
  expected: `'infer', 'text', or an object with one of ${CSV_TYPES.join(', ')} for each column`,
  accepts: (value) => {
    if (value === 'infer' || value === 'text') return true
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
    return Object.values(value).every((type) => (CSV_TYPES as readonly unknown[]).includes(type))
  },
}

/** Checks of {@link ParseCsvOptions}. */
export const csvChecks: Checks<ParseCsvOptions> = {
  ...recordParserChecks,
  ...dialectChecks,
  types: typesCheck,
  nest: flag,
  inferRows: integerFrom(1),
  maxRecordBytes: integerFrom(1),
  onHeader: callback,
}

const DEFAULTS = {
  ...DIALECT_DEFAULTS,
  batches: false,
  types: 'infer',
  nest: false,
  inferRows: 1000,
  maxRecordBytes: 16 * 1024 * 1024,
} as const satisfies ParseCsvOptions

/**
 * Returns a Transform that parses CSV (bytes or strings) into records, in input order.
 *
 * The delimiter and the ends of lines are found in the first rows; see {@link CsvInputOptions} for other forms. Blank lines
 * before the header are skipped.
 *
 * The first row names the columns. A column without a name becomes `column_<n>`. Two columns with the same name are an
 * error. A quoted `""` is the empty string, nothing between delimiters is null.
 *
 * A column is boolean only if all its cells so far are `true` or `false`. It is a number only if all its cells so far
 * are JSON number literals, `NaN`, `Infinity` or `-Infinity`. Integers beyond 2^53 become bigint. All else is text, also
 * integers beyond 64 bits, and numbers whose digits a double does not have. A
 * later cell that does not fit its column stays a string. A column of nulls takes its type from its first other cell.
 *
 * Bad input (see `onReject`) is a row with too many or too few cells, a row longer than `maxRecordBytes`, bytes that are
 * not valid in the encoding, or a misplaced quote. After it, reading continues at the next line after the error. Empty lines are skipped, except in a file of one
 * column, where they are a null.
 *
 * Memory: the records that types are inferred from (`inferRows`, `maxRecordBytes`), one record, and those of one chunk.
 *
 * Errors: `ERR_SPILLWAY_INPUT` for a header that cannot be used, and, without `onReject`, for bad input.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION`
 * @example
 * await pipeline(createReadStream('prices.csv'), parseCsv(), new ParquetSink({ path: 'prices.parquet' }))
 */
export function parseCsv<Row extends object = ResultRecord, Batches extends boolean = false>(
  given?: WithBatches<ParseCsvOptions, Batches>,
): TypedReadable<RowItem<Row, Batches>, Transform> {
  const options = resolveOptions<ParseCsvOptions, typeof DEFAULTS>('parseCsv', given, csvChecks, DEFAULTS)
  refuseAmbiguity(options)
  return new RecordParser(new CsvDecoder(options), options)
}
