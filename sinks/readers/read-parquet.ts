/**
 * Reads records, columns and footers of Parquet files.
 */
import { Readable } from 'node:stream'
import { SpillwayError } from '../../lib/core/errors.ts'
import { destroyOnAbort } from '../../lib/core/interruptible.ts'
import {
  abortSignal,
  expectValue,
  flag,
  oneOf,
  resolveOptions,
  text,
  type Check,
  type Checks,
} from '../../lib/core/options.ts'
import type { ResultRecord, RowItem, TypedReadable, WithBatches } from '../../lib/core/record.ts'
import { FileSlices, type ByteSource } from '../files/file-slices.ts'
import { NestConflict, Nester } from '../../lib/core/nested-record.ts'
import type { ReadingOptions } from './logical-values.ts'
import { ParquetFile, type ParquetColumn, type RowGroupColumns } from './parquet-file.ts'

/** Options of {@link readParquet}. */
export interface ReadParquetOptions {
  /** Columns to read, in the order they have in the records. @default all columns, in file order */
  readonly columns?: readonly string[]
  /** How BYTE_ARRAY without an annotation is read: as a Uint8Array, or as text, which must be UTF-8. @default 'bytes' */
  readonly binary?: 'bytes' | 'text'
  /**
   * Turn dotted columns into objects: the column `a.b` becomes the field b of a. A dot after a backslash is part of the
   * key. Values for both `a` and `a.b` in one record are an error.
   *
   * @default false
   */
  readonly nest?: boolean
  /** Emit arrays of up to 1000 records instead of single records. @default false */
  readonly batches?: boolean
  /** When it is aborted, the stream is destroyed with an AbortError. */
  readonly signal?: AbortSignal
}

/** The input: the path of a file, or an object with its bytes. */
export type ParquetInput = string | { readonly file: ByteSource }

/** The result of {@link parquetInfo}. */
export interface ParquetInfo {
  /** Number of rows. */
  readonly rows: number
  /** Number of row groups. */
  readonly rowGroups: number
  /** Columns at the top level, in file order. */
  readonly columns: readonly ParquetColumn[]
  /** Key-value metadata of the file. */
  readonly metadata: Readonly<Record<string, string>>
}

const names: Check = {
  expected: 'an array of strings',
  accepts: (value) => Array.isArray(value) && value.every((name) => typeof name === 'string'),
}

const inputCheck: Check = {
  expected: 'a path, or an object with a `file` that has `byteLength` and `slice()`',
  accepts: (value) => (typeof value === 'string' ? value !== '' : isByteSource((value as { file?: unknown })?.file)),
}

const checks: Checks<ReadParquetOptions> = {
  columns: names,
  binary: oneOf(['bytes', 'text']),
  nest: flag,
  batches: flag,
  signal: abortSignal,
}

const DEFAULTS = { binary: 'bytes', nest: false, batches: false } as const satisfies ReadParquetOptions

/** Records created at once. */
const BATCH_RECORDS = 1000

/**
 * Returns a Readable of the records of a Parquet file, in file order.
 *
 * Values:
 *
 * | Parquet type | JavaScript value |
 * |---|---|
 * | BOOLEAN | boolean |
 * | DOUBLE, FLOAT, INT32 | number |
 * | INT64 | bigint |
 * | UTF8, ENUM | string |
 * | DATE, TIMESTAMP | Date; {@link PreciseDate} when it is not a whole millisecond; ISO 8601 text beyond its range |
 * | TIME | text, such as `12:34:56.789012` |
 * | INTERVAL | ISO 8601 duration, such as `P1M2DT3.004S` |
 * | JSON | the parsed value |
 * | DECIMAL | text with all digits |
 * | UUID | text |
 * | BYTE_ARRAY without annotation | Uint8Array, or text (`binary`) |
 * | lists | array |
 * | maps | object; array of `{ key, value }` when the keys are not text |
 * | groups | object |
 * | null | null |
 *
 * Names are not split, unless `nest` is set: a flat column named `result.metrics.sharpe` is one key. Codecs: Snappy, GZIP, Brotli, ZSTD and
 * LZ4.
 *
 * Checksums of the file, of its column chunks and of its pages are compared, where it has them.
 *
 * Memory: one row group, decoded, and the records of one batch. When the stream emits `close`, the file is closed,
 * whether the stream ended, failed or was destroyed.
 *
 * Errors: `ERR_SPILLWAY_IO`; `ERR_SPILLWAY_INPUT` for a file that is not a complete Parquet file; `ERR_SPILLWAY_OPTION`
 * for a column that does not exist.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION`
 * @example
 * for await (const record of readParquet('results.parquet', { columns: ['container', 'result.metrics.sharpe'] })) ...
 */
export function readParquet<Row extends object = ResultRecord, Batches extends boolean = false>(
  input: ParquetInput,
  given?: WithBatches<ReadParquetOptions, Batches>,
): TypedReadable<RowItem<Row, Batches>> {
  expectValue('input', input, inputCheck)
  return new ParquetReader(
    input,
    resolveOptions<ReadParquetOptions, typeof DEFAULTS>('readParquet', given, checks, DEFAULTS),
  )
}

/**
 * Iterates over the values of one column of a Parquet file. Yields an array for each row group, in file order. Values
 * are converted as in {@link readParquet}; a missing value is null.
 *
 * Memory: the column of one row group, decoded. The file is closed when the iteration ends or is stopped.
 *
 * Errors: `ERR_SPILLWAY_IO`; `ERR_SPILLWAY_INPUT` for a file that is not a complete Parquet file; `ERR_SPILLWAY_OPTION`
 * for a column that does not exist.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION`
 * @example
 * let best = -Infinity
 * for await (const sharpes of readParquetColumn('results.parquet', 'result.metrics.sharpe')) {
 *   for (const sharpe of sharpes) best = Math.max(best, sharpe)
 * }
 */
export function readParquetColumn(input: ParquetInput, column: string): AsyncGenerator<readonly unknown[], void> {
  expectValue('input', input, inputCheck)
  expectValue('column', column, { expected: 'a string', accepts: (value) => typeof value === 'string' })
  return columnsOf(input, column)
}

async function* columnsOf(input: ParquetInput, column: string): AsyncGenerator<readonly unknown[], void> {
  const { file, slices } = await openInput(input)
  try {
    file.expectColumns([column])
    for (let group = 0; group < file.rowGroups; group++) {
      const { values } = await file.readRowGroup(group, [column])
      yield values[0] ?? []
    }
  } finally {
    await slices?.close()
  }
}

/**
 * Returns the number of rows and row groups and the columns of a Parquet file. Reads only the footer. Memory: the
 * footer.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_IO`, `ERR_SPILLWAY_INPUT`
 */
export async function parquetInfo(path: string, given?: Pick<ReadParquetOptions, 'binary'>): Promise<ParquetInfo> {
  expectValue('path', path, text)
  const options = resolveOptions('parquetInfo', given, { binary: checks.binary }, { binary: 'bytes' })
  const slices = await FileSlices.open(path)
  try {
    const { rows, rowGroups, columns, pairs } = await ParquetFile.read(slices, path, options)
    return { rows, rowGroups, columns, metadata: pairs }
  } finally {
    await slices.close()
  }
}

class ParquetReader extends Readable {
  readonly #input: ParquetInput
  readonly #options: ReadParquetOptions
  readonly #nester: Nester | null
  #slices: FileSlices | null = null
  /** Stops the decoding of a row group. */
  readonly #destroyed = new AbortController()
  #file: ParquetFile | null = null
  #names: readonly string[] = []
  #nextGroup = 0
  #group: RowGroupColumns = { rows: 0, values: [] }
  #nextRow = 0
  #records: ResultRecord[] = []
  #nextRecord = 0

  constructor(input: ParquetInput, options: ReadParquetOptions) {
    super({
      objectMode: true,
      highWaterMark: options.batches ? 1 : BATCH_RECORDS,
    })
    this.#input = input
    this.#options = options
    this.#nester = options.nest === true ? new Nester() : null
    // Not passed to super(): a signal that is already aborted would destroy the stream before its fields exist.
    destroyOnAbort(this, options.signal)
  }

  override _construct(callback: (error?: Error | null) => void): void {
    this.#open().then(() => callback(), callback)
  }

  override _read(): void {
    if (this.#pushRecords() || this.#pushNextRecords()) return
    if (this.#nextGroup >= (this.#file as ParquetFile).rowGroups) {
      this.push(null)
      return
    }
    this.#loadGroup().then(
      () => {
        if (!this.destroyed) this._read()
      },
      (error: unknown) => this.destroy(error as Error),
    )
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#destroyed.abort()
    this.#group = { rows: 0, values: [] }
    this.#records = []
    const slices = this.#slices
    if (slices === null) callback(error)
    else
      slices.close().then(
        () => callback(error),
        (closing: unknown) => callback(error ?? (closing as Error)),
      )
  }

  async #open(): Promise<void> {
    const { file, slices } = await openInput(this.#input, this.#options)
    this.#file = file
    this.#slices = slices
    this.#names = this.#options.columns ?? this.#file.columns.map(({ name }) => name)
    this.#file.expectColumns(this.#names)
  }

  async #loadGroup(): Promise<void> {
    this.#group = await (this.#file as ParquetFile).readRowGroup(this.#nextGroup++, this.#names, this.#destroyed.signal)
    this.#nextRow = 0
  }

  /** Pushes the records already created. Returns false if there were none. */
  #pushRecords(): boolean {
    if (this.#nextRecord >= this.#records.length) return false
    let wanted = true
    while (wanted && this.#nextRecord < this.#records.length) wanted = this.push(this.#records[this.#nextRecord++])
    return true
  }

  #pushNextRecords(): boolean {
    const end = Math.min(this.#nextRow + BATCH_RECORDS, this.#group.rows)
    if (this.#nextRow >= end) return false
    const flat = makeRecords(this.#names, this.#group, this.#nextRow, end)
    const records = this.#nester === null ? flat : nestAll(flat, this.#nester)
    this.#nextRow = end
    if (records instanceof SpillwayError) {
      this.destroy(records)
      return true
    }
    if (this.#options.batches) {
      this.push(records)
      return true
    }
    this.#records = records
    this.#nextRecord = 0
    return this.#pushRecords()
  }
}

/** Opens an input and reads its footer. The caller must close the slices. */
async function openInput(
  input: ParquetInput,
  options: ReadingOptions = {},
): Promise<{ file: ParquetFile; slices: FileSlices | null }> {
  if (typeof input !== 'string')
    return { file: await ParquetFile.read(input.file, 'The given file', options), slices: null }
  const slices = await FileSlices.open(input)
  try {
    return { file: await ParquetFile.read(slices, input, options), slices }
  } catch (error) {
    await slices.close()
    throw error
  }
}

function makeRecords(names: readonly string[], group: RowGroupColumns, from: number, to: number): ResultRecord[] {
  const records: Record<string, unknown>[] = Array.from({ length: to - from }, () => ({}))
  names.forEach((name, column) => {
    const values = group.values[column] ?? []
    // With this name, an assignment would set the prototype.
    const own = name === '__proto__'
    for (let row = from; row < to; row++) {
      const record = records[row - from] as Record<string, unknown>
      const value = values[row]
      if (own) Object.defineProperty(record, name, { value, writable: true, enumerable: true, configurable: true })
      else record[name] = value
    }
  })
  return records
}

/** The nested forms, or the error of the first record that has none. */
function nestAll(records: readonly ResultRecord[], nester: Nester): ResultRecord[] | SpillwayError {
  try {
    return records.map((record) => nester.nest(record))
  } catch (error) {
    if (!(error instanceof NestConflict)) throw error
    const remedy = 'Read the file without `nest`.'
    const { field, message } = error
    return new SpillwayError('ERR_SPILLWAY_INPUT', `A record cannot be nested: ${message}. ${remedy}`, {
      place: { field },
    })
  }
}

function isByteSource(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { byteLength, slice } = value as Partial<ByteSource>
  return typeof byteLength === 'number' && typeof slice === 'function'
}
