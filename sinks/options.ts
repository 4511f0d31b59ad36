/**
 * The options of a RecordSink. They are checked and resolved here for all formats.
 */
import { Writable } from 'node:stream'
import { SpillwayError } from '../lib/core/errors.ts'
import {
  abortSignal,
  callback,
  expectValue,
  integerFrom,
  numberFrom,
  oneOf,
  plainObject,
  resolveOptions,
  text,
  textByName,
  type Check,
  type Checks,
} from '../lib/core/options.ts'
import type { RejectionHandler } from '../lib/core/rejection.ts'
import { columnsOf, type Column, type Schema } from './columns/column.ts'
import { COLUMN_TYPES, isFieldType } from './columns/column-type.ts'
import { resolveCsvDialect, type CsvDialect, type CsvDialectOptions } from './text/csv-dialect.ts'
import { openFileTarget, type OpenTarget } from './files/file-target.ts'
import type { NonFinitePolicy } from './values/json-text.ts'
import { NO_ZSTD, zstdCompress } from './parquet/compression/zstd.ts'

/** The formats a RecordSink writes. */
export const FORMATS = ['jsonl', 'csv', 'parquet'] as const

/** A format of files: `jsonl`, `csv` or `parquet`. */
export type Format = (typeof FORMATS)[number]

/**
 * All compressions. Parquet supports each of them (zstd from Node.js 22.15 on), the text formats support `none` and
 * `gzip`.
 */
export const COMPRESSIONS = ['none', 'gzip', 'snappy', 'brotli', 'zstd'] as const

/** A compression: `none`, `gzip`, `snappy`, `brotli` or `zstd`. Text formats take the first two. */
export type Compression = (typeof COMPRESSIONS)[number]

/** What to do with output that already exists. */
export type OnExisting = 'error' | 'overwrite' | 'append'

/** What to do with a record that does not fit the columns of its file. */
export type OnDrift = 'rotate' | 'reject' | 'error'

/** Options of {@link RecordSink}. Exactly one of `path`, `directory` and `stream` must be given. */
export interface RecordSinkOptions {
  /** The format of the files. */
  readonly format: Format
  /** Path of one plain file. */
  readonly path?: string
  /**
   * Directory for part files `part-00000.jsonl`, `part-00001.jsonl` and so on. A part is created with its first record.
   */
  readonly directory?: string
  /** A stream to write the bytes to, such as `process.stdout`. The sink does not end it. */
  readonly stream?: Writable
  /**
   * What to do when the file, or parts in the directory, already exist: `error` fails, `overwrite` deletes them,
   * `append` adds to them. `append` needs a directory (of any format) or a plain uncompressed JSONL file.
   *
   * @default 'error'
   */
  readonly onExisting?: OnExisting
  /**
   * How bytes are compressed. A compression that the format does not support is ignored and listed in `stats.ignored`.
   *
   * @default 'snappy' for Parquet, else 'none'
   */
  readonly compression?: Compression
  /** A part with this many bytes on disk is closed, and the next one is opened. @default Infinity */
  readonly partMaxBytes?: number
  /** A part with this many rows is closed, and the next one is opened. @default Infinity */
  readonly partMaxRows?: number
  /** A part that has been open for this many milliseconds is closed, and the next one is opened. @default Infinity */
  readonly partMaxAgeMs?: number
  /**
   * The columns of CSV and Parquet files and their types, in file order. `{ type, nullable: false }` requires a value
   * in every record. A record without it counts as drift.
   *
   * @default inferred from the first records
   */
  readonly schema?: Schema
  /** Number of records that columns are inferred from. These records are held in memory. @default 1000 */
  readonly inferRows?: number
  /**
   * Limit for the estimated bytes of these records. When it is reached, columns are inferred from fewer records.
   *
   * @default 8388608 (8 MB)
   */
  readonly inferBytes?: number
  /**
   * What arrays are in Parquet columns that are inferred. `list`: columns of lists, if all values of an array have one
   * type (numbers, texts, ..., arrays or objects of these), else JSON text. `json`: JSON text. Other formats have JSON text
   * only.
   *
   * @default 'json'
   */
  readonly lists?: 'list' | 'json'
  /**
   * Whether Parquet columns of ISO 8601 text become dates and timestamps: those of days, such as `2026-01-31`, and those of
   * times in UTC, such as `2026-01-31T12:00:00.123456Z`. Their digits are kept. A later text of another form does not fit.
   *
   * @default 'text'
   */
  readonly timestamps?: 'text' | 'infer'
  /**
   * Whether Parquet columns of numbers become INT64 where all are safe integers. A later fraction does not fit.
   *
   * @default 'double'
   */
  readonly integers?: 'double' | 'infer'
  /**
   * What to do with a field that has no column, or with a value that does not fit its column. `rotate` opens a new part
   * with wider columns, `reject` rejects the record, `error` fails the stream. A plain file cannot rotate.
   *
   * @default 'rotate' in a directory, else 'reject'
   */
  readonly onDrift?: OnDrift
  /**
   * Maximum number of rotations because of drift. After that, records that drift are rejected. Rotations within the first
   * `inferRows` records do not count: a checkpoint can fix the columns before all these are seen.
   *
   * @default 16
   */
  readonly maxRotations?: number
  /**
   * How JSONL represents NaN and infinities: as null (counted), as text, or not at all (the stream fails). @default
   * 'null'
   */
  readonly nonFinite?: NonFinitePolicy
  /** The dialect of CSV files. @default RFC 4180 with `\n` line ends and a header row */
  readonly csv?: CsvDialectOptions
  /** Rows of a full Parquet row group. @default 100000 */
  readonly rowGroupRows?: number
  /**
   * Bytes of a Parquet row group in memory at which it is encoded. It bounds the memory of the writer: at most twice
   * this size, plus one record.
   *
   * @default 8388608 (8 MB)
   */
  readonly rowGroupBytes?: number
  /** Pairs for the key-value metadata of Parquet files. @default {} */
  readonly metadata?: Readonly<Record<string, string>>
  /** Path of the file for rejected records. @default `<path>.dead-letter.jsonl` or `<directory>/dead-letter.jsonl` */
  readonly deadLetterPath?: string
  /** Called with each rejected record. There is no dead-letter file then. */
  readonly onReject?: RejectionHandler
  /** Records or batches in the queue of the stream at which `write` returns false. @default 4 */
  readonly highWaterMark?: number
  /** Opens the files. Replace it to inject faults or to use another kind of storage. @default opens real files */
  readonly openTarget?: OpenTarget
  /** When it is aborted, the stream is destroyed with an AbortError. */
  readonly signal?: AbortSignal
}

/** The choices of types, of which Parquet alone has others. */
const INFERRED_BY_DEFAULT = { timestamps: 'text', integers: 'double', lists: 'json' } as const

const DEFAULTS = {
  onExisting: 'error',
  partMaxBytes: Infinity,
  partMaxRows: Infinity,
  partMaxAgeMs: Infinity,
  inferRows: 1000,
  inferBytes: 8 * 1024 * 1024,
  ...INFERRED_BY_DEFAULT,
  maxRotations: 16,
  nonFinite: 'null',
  rowGroupRows: 100_000,
  rowGroupBytes: 8 * 1024 * 1024,
  metadata: {},
  highWaterMark: 4,
  openTarget: openFileTarget,
} as const satisfies Partial<RecordSinkOptions>

const schemaCheck: Check = {
  expected: `an object of dotted column names and types (${COLUMN_TYPES.join(', ')}, decimal(precision,scale), { list }, { struct }, { map }), or { type, nullable }`,
  accepts: (value) =>
    plainObject.accepts(value) &&
    Object.keys(value as object).length > 0 &&
    Object.values(value as object).every((column) => isFieldType(column)),
}

/** Checks of {@link RecordSinkOptions}. */
export const recordSinkChecks: Checks<RecordSinkOptions> = {
  format: oneOf(FORMATS),
  path: text,
  directory: text,
  stream: { expected: 'a Writable', accepts: (value) => value instanceof Writable },
  onExisting: oneOf(['error', 'overwrite', 'append']),
  compression: oneOf(COMPRESSIONS),
  partMaxBytes: numberFrom(1),
  partMaxRows: numberFrom(1),
  partMaxAgeMs: numberFrom(1),
  schema: schemaCheck,
  inferRows: integerFrom(1),
  inferBytes: integerFrom(1),
  timestamps: oneOf(['text', 'infer']),
  integers: oneOf(['double', 'infer']),
  lists: oneOf(['list', 'json']),
  onDrift: oneOf(['rotate', 'reject', 'error']),
  maxRotations: integerFrom(0),
  nonFinite: oneOf(['null', 'text', 'error']),
  csv: plainObject,
  rowGroupRows: integerFrom(1),
  rowGroupBytes: integerFrom(1024),
  metadata: textByName,
  deadLetterPath: text,
  onReject: callback,
  highWaterMark: integerFrom(1),
  openTarget: callback,
  signal: abortSignal,
}

/** Where a sink writes. */
export type SinkPlace =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'stream'; readonly stream: Writable }

/** {@link RecordSinkOptions} after validation, with the defaults filled in. */
export type ResolvedRecordSinkOptions = Omit<RecordSinkOptions, 'path' | 'directory' | 'stream' | keyof Resolved> &
  Resolved

interface Resolved extends Required<Pick<RecordSinkOptions, keyof typeof DEFAULTS>> {
  readonly place: SinkPlace
  readonly csv: CsvDialect
  readonly compression: Compression
  readonly onDrift: OnDrift
  /** Null when the columns must be inferred. */
  readonly schema: readonly Column[] | null
  /** Names of the options that do not apply to the format. */
  readonly ignored: readonly string[]
}

/**
 * Checks the options of a sink and fills in the defaults.
 *
 * @param owner - name of the class, for messages
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION`
 */
export function resolveRecordSinkOptions(owner: string, given: RecordSinkOptions): ResolvedRecordSinkOptions {
  const { path, directory, stream, schema, csv, ...options } = resolveOptions<RecordSinkOptions, typeof DEFAULTS>(
    owner,
    given,
    recordSinkChecks,
    DEFAULTS,
  )
  expectValue('format', options.format, recordSinkChecks.format)
  const place = placeOf(owner, path, directory, stream)
  const applies = options.compression === undefined || hasCompression(options.format, options.compression)
  const resolved = {
    ...options,
    ...(options.format !== 'parquet' && INFERRED_BY_DEFAULT),
    place,
    csv: resolveCsvDialect(csv),
    compression:
      applies && options.compression !== undefined ? options.compression : defaultCompression(options.format),
    onDrift: options.onDrift ?? (place.kind === 'directory' ? 'rotate' : 'reject'),
    schema: schema === undefined ? null : columnsOf(schema),
    ignored: [...(applies ? [] : ['compression']), ...ignoredTypes(options)],
  }
  refuseContradictions(owner, resolved)
  return resolved
}

/** The choices of types that do not apply to the format. */
function ignoredTypes(options: RecordSinkOptions): string[] {
  if (options.format === 'parquet') return []
  const names = Object.keys(INFERRED_BY_DEFAULT) as (keyof typeof INFERRED_BY_DEFAULT)[]
  return names.filter((name) => options[name] !== INFERRED_BY_DEFAULT[name])
}

/** The file name extension of the format, without the leading dot. */
export function extensionOf({ format, compression }: { format: Format; compression: Compression }): string {
  return format !== 'parquet' && compression === 'gzip' ? `${format}.gz` : format
}

/** Whether the format supports the compression. */
export function hasCompression(format: Format, compression: Compression): boolean {
  return format === 'parquet' || compression === 'none' || compression === 'gzip'
}

function defaultCompression(format: Format): Compression {
  return format === 'parquet' ? 'snappy' : 'none'
}

function placeOf(owner: string, path?: string, directory?: string, stream?: Writable): SinkPlace {
  if ([path, directory, stream].filter((place) => place !== undefined).length !== 1) {
    throw optionError(`Expected exactly one of \`path\`, \`directory\` and \`stream\` in the options of ${owner}`)
  }
  if (path !== undefined) return { kind: 'path', path }
  if (directory !== undefined) return { kind: 'directory', path: directory }
  return { kind: 'stream', stream: stream as Writable }
}

function refuseContradictions(owner: string, options: ResolvedRecordSinkOptions): void {
  const { compression, place, onDrift, onExisting, partMaxBytes, partMaxRows, partMaxAgeMs } = options
  if (compression === 'zstd' && zstdCompress === undefined) {
    throw optionError(`Expected another \`compression\` for ${owner}: ${NO_ZSTD}`)
  }
  if (place.kind === 'directory') return
  if (onDrift === 'rotate') {
    throw optionError(
      `Expected \`onDrift\` to be 'reject' or 'error' where ${owner} writes one file: only a \`directory\` can rotate`,
    )
  }
  if (Math.min(partMaxBytes, partMaxRows, partMaxAgeMs) !== Infinity) {
    throw optionError(`Expected a \`directory\` for ${owner}: one file has no parts to bound with \`partMax...\``)
  }
  if (onExisting === 'append' && place.kind === 'path' && extensionOf(options) !== 'jsonl') {
    throw optionError(
      `Expected a \`directory\` for ${owner}: of plain files only uncompressed JSONL can be appended to`,
    )
  }
}

function optionError(message: string): SpillwayError {
  return new SpillwayError('ERR_SPILLWAY_OPTION', message)
}
