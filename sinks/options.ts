/**
 * The options of a RecordSink, checked and resolved in one place for all formats.
 */
import { Writable } from 'node:stream'
import { SpillwayError } from '../lib/core/errors.ts'
import {
  abortSignal,
  callback,
  expectValue,
  flag,
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
import { COLUMN_TYPES, columnsOf, type Column, type Schema } from './columns/column.ts'
import { resolveCsvDialect, type CsvDialect, type CsvDialectOptions } from './text/csv-dialect.ts'
import { openFileTarget, type OpenTarget } from './files/file-target.ts'
import type { NonFinitePolicy } from './values/json-text.ts'
import { NO_ZSTD, zstdCompress } from './parquet/compression/zstd.ts'

/** The formats a RecordSink writes. */
export const FORMATS = ['jsonl', 'csv', 'parquet'] as const

/** A format of files: `jsonl`, `csv` or `parquet`. */
export type Format = (typeof FORMATS)[number]

/** All compressions: Parquet has each (zstd where Node.js does, from 22.15 on), the text formats have gzip. */
export const COMPRESSIONS = ['none', 'gzip', 'snappy', 'brotli', 'zstd'] as const

/** A compression: `none`, `gzip`, `snappy`, `brotli` or `zstd`. Text formats take the first two. */
export type Compression = (typeof COMPRESSIONS)[number]

/** What to do with output that is there already. */
export type OnExisting = 'error' | 'overwrite' | 'append'

/** What to do with a record that does not fit the columns of its file. */
export type OnDrift = 'rotate' | 'reject' | 'error'

/** Options of {@link RecordSink}. Exactly one of `path`, `directory` and `stream` is given. */
export interface RecordSinkOptions {
  /** What the files are. */
  readonly format: Format
  /** One plain file. */
  readonly path?: string
  /** A directory of part files, `part-00000.jsonl` and on. A part is opened when its first record comes. */
  readonly directory?: string
  /** A stream that takes the bytes, such as `process.stdout`; it is not ended. */
  readonly stream?: Writable
  /**
   * What to do when the file, or parts in the directory, are there already: refuse, start anew (the old ones are
   * deleted), or add to them. Added to can be a directory of any format, and a plain JSONL file.
   *
   * @default 'error'
   */
  readonly onExisting?: OnExisting
  /** A compression the format does not have is ignored, and named in `stats.ignored`. @default Parquet 'snappy', else 'none' */
  readonly compression?: Compression
  /** A part with this many bytes on disk is closed and the next one opened. @default Infinity */
  readonly partMaxBytes?: number
  /** A part with this many rows is closed and the next one opened. @default Infinity */
  readonly partMaxRows?: number
  /** A part open for this long is closed and the next one opened. @default Infinity */
  readonly partMaxAgeMs?: number
  /**
   * The columns of CSV and Parquet files and their types, in file order. A column that every record must have is given
   * as `{ type, nullable: false }`; a record without it drifts.
   *
   * @default inferred from the first records
   */
  readonly schema?: Schema
  /** Records that columns are inferred from; they wait in memory until then. @default 1000 */
  readonly inferRows?: number
  /** Bytes those records may hold in memory, by an estimate, before fewer of them must do. @default 8388608 (8 MB) */
  readonly inferBytes?: number
  /**
   * What to do with a field that has no column, or a value that does not fit its column: go on in a new part with
   * wider columns, send the record to the dead letters, or fail. One plain file cannot rotate.
   *
   * @default 'rotate' in a directory, else 'reject'
   */
  readonly onDrift?: OnDrift
  /** Rotations for drift after which further drift is rejected. @default 16 */
  readonly maxRotations?: number
  /** What NaN and the infinities become in JSONL: null (counted), text, or a failure. @default 'null' */
  readonly nonFinite?: NonFinitePolicy
  /** The dialect of CSV files. */
  readonly csv?: CsvDialectOptions
  /** Rows of a Parquet row group. @default 100000 */
  readonly rowGroupRows?: number
  /**
   * Bytes of a Parquet row group in memory before it is encoded: the bound of the writer's memory, which is at most twice
   * that, and one record.
   *
   * @default 8388608 (8 MB)
   */
  readonly rowGroupBytes?: number
  /** Pairs for the key-value metadata of Parquet files. @default {} */
  readonly metadata?: Readonly<Record<string, string>>
  /** File of the rejected records. @default `<path>.dead-letter.jsonl` or `<directory>/dead-letter.jsonl` */
  readonly deadLetterPath?: string
  /** Gets rejected records in place of the dead-letter file. */
  readonly onReject?: RejectionHandler
  /** Records or batches that wait in the stream's queue before `write` returns false. @default 4 */
  readonly highWaterMark?: number
  /** Opens files: a place to put faults, or another kind of storage. */
  readonly openTarget?: OpenTarget
  /** Destroys the stream with an AbortError. */
  readonly signal?: AbortSignal
}

const DEFAULTS = {
  onExisting: 'error',
  partMaxBytes: Infinity,
  partMaxRows: Infinity,
  partMaxAgeMs: Infinity,
  inferRows: 1000,
  inferBytes: 8 * 1024 * 1024,
  maxRotations: 16,
  nonFinite: 'null',
  rowGroupRows: 100_000,
  rowGroupBytes: 8 * 1024 * 1024,
  metadata: {},
  highWaterMark: 4,
  openTarget: openFileTarget,
} as const satisfies Partial<RecordSinkOptions>

const schemaCheck: Check = {
  expected: `an object of dotted column names and types (${COLUMN_TYPES.join(', ')}), or { type, nullable }`,
  accepts: (value) =>
    plainObject.accepts(value) &&
    Object.keys(value as object).length > 0 &&
    Object.values(value as object).every((column) => isColumnType(column) || isDescription(column)),
}

function isColumnType(value: unknown): boolean {
  return (COLUMN_TYPES as readonly unknown[]).includes(value)
}

function isDescription(value: unknown): boolean {
  if (!plainObject.accepts(value)) return false
  const { type, nullable, ...others } = value as { type?: unknown; nullable?: unknown }
  return isColumnType(type) && (nullable === undefined || flag.accepts(nullable)) && Object.keys(others).length === 0
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

/** {@link RecordSinkOptions}, checked, with the defaults filled in. */
export type ResolvedRecordSinkOptions = Omit<RecordSinkOptions, 'path' | 'directory' | 'stream' | keyof Resolved> &
  Resolved

interface Resolved extends Required<Pick<RecordSinkOptions, keyof typeof DEFAULTS>> {
  readonly place: SinkPlace
  readonly csv: CsvDialect
  readonly compression: Compression
  readonly onDrift: OnDrift
  /** Null when the columns are to be inferred. */
  readonly schema: readonly Column[] | null
  /** Names of the options that do not apply to the format. */
  readonly ignored: readonly string[]
}

/** @throws {SpillwayError} `ERR_SPILLWAY_OPTION` */
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
    place,
    csv: resolveCsvDialect(csv),
    compression:
      applies && options.compression !== undefined ? options.compression : defaultCompression(options.format),
    onDrift: options.onDrift ?? (place.kind === 'directory' ? 'rotate' : 'reject'),
    schema: schema === undefined ? null : columnsOf(schema),
    ignored: applies ? [] : ['compression'],
  }
  refuseContradictions(owner, resolved)
  return resolved
}

/** The ending of the format's files. */
export function extensionOf({ format, compression }: { format: Format; compression: Compression }): string {
  return format !== 'parquet' && compression === 'gzip' ? `${format}.gz` : format
}

/** Whether files of the format can be compressed so. */
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
