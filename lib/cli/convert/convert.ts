/**
 * The work of `spillway convert`: records of any format into one file of any other. If columns are needed and the input
 * is a regular file, it is read twice, first for its columns. Other input is read once, and its first records determine
 * the columns.
 */
import { once } from 'node:events'
import { performance } from 'node:perf_hooks'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { SpillwayError } from '../../core/errors.ts'
import type { ResultRecord } from '../../core/record.ts'
import type { Rejection } from '../../core/rejection.ts'
import type { Schema } from '../../../sinks/columns/column.ts'
import { DeadLetterFile } from '../../../sinks/dead-letter-file.ts'
import { openFileTarget } from '../../../sinks/files/file-target.ts'
import { parquetInfo } from '../../../sinks/readers/read-parquet.ts'
import { RecordSink } from '../../../sinks/record-sink.ts'
import { makeOutputDirectory } from '../terminal/make-directory.ts'
import { checkPlaces, type InputFile } from './check-places.ts'
import type { ConversionPlan } from './conversion-plan.ts'
import { expectColumns, findCsvTypes, findSchema, schemaOfCsv, schemaOfParquet, type Reshape } from './find-schema.ts'
import { outputPlaceOf, type OutputPlace } from './output-place.ts'
import { hasColumns } from '../../reading/input-formats.ts'
import { NestConflict, Nester } from '../../core/nested-record.ts'
import { readBytes } from '../../reading/read-bytes.ts'
import { readRecords, type ReadRecordsOptions } from '../../reading/read-records.ts'

/** The progress of a conversion. */
export interface ConversionStats {
  /** The first pass finds the columns, the second one writes the records. */
  readonly pass: 'columns' | 'records'
  /** Time since this pass began. */
  readonly passSeconds: number
  /** Records read in this pass. */
  readonly records: number
  /** Bytes read in this pass, before decompression. */
  readonly bytesRead: number
  /** The fraction of the input that this pass has read, from 0 to 1; undefined if its size is not known. */
  readonly fraction: number | undefined
  /** Records in the output. */
  readonly written: number
  /** Entries of the dead-letter file: rejected records, and input that is not a record. */
  readonly rejected: number
  readonly firstRejection: Rejection | undefined
  /** Bytes of the output. */
  readonly bytesWritten: number
}

/** The results of the first pass. */
interface Columns {
  readonly csvTypes: ReadRecordsOptions['csvTypes']
  readonly schema?: Schema | undefined
  readonly reshape?: Reshape | undefined
  /** Key-value metadata that describes values. */
  readonly metadata?: Readonly<Record<string, string>>
}

/** Capacity of the queue of the sink, in batches. */
const QUEUED_BATCHES = 4

/**
 * One conversion. Memory: up to two batches in each stage, the sink's chunk or row group, a row group of Parquet input,
 * and one entry for each column.
 */
export class Conversion {
  readonly #plan: ConversionPlan
  readonly #interrupt: AbortSignal
  /** Stops all reading when the conversion has ended, with or without an error. */
  readonly #over = new AbortController()
  readonly #reading: AbortSignal
  readonly #deadLetters: DeadLetterFile
  #input: InputFile | null = null
  #sink: RecordSink | undefined
  #pass: ConversionStats['pass'] = 'records'
  #passStartedAt = performance.now()
  #records = 0
  #bytesRead = 0
  #rowsOfInput: number | undefined
  #rejected = 0
  #firstRejection: Rejection | undefined
  #keepsOld = false
  readonly #warnings = new Set<string>()

  /** @param interrupt - stops the conversion; records accepted until then are written, and the output is complete */
  constructor(plan: ConversionPlan, interrupt: AbortSignal) {
    this.#plan = plan
    this.#interrupt = interrupt
    this.#reading = AbortSignal.any([interrupt, this.#over.signal])
    this.#deadLetters = new DeadLetterFile(plan.deadLetterPath, plan.onDeadLetters, openFileTarget)
  }

  /** What may be wrong about input that was read. */
  get warnings(): readonly string[] {
    return [...this.#warnings]
  }

  /** Whether an output that is replaced is still the old one after a failure. */
  get keepsOld(): boolean {
    return this.#keepsOld
  }

  get stats(): ConversionStats {
    return {
      pass: this.#pass,
      passSeconds: (performance.now() - this.#passStartedAt) / 1000,
      records: this.#records,
      bytesRead: this.#rowsOfInput === undefined ? this.#bytesRead : (this.#input?.bytes ?? 0),
      fraction: this.#fraction(),
      written: this.#sink?.stats.written ?? 0,
      rejected: this.#rejected,
      firstRejection: this.#firstRejection,
      bytesWritten: this.#sink?.stats.bytesWritten ?? 0,
    }
  }

  /**
   * Converts. Also after a failure, the output is complete and holds every record accepted until then. A file that is to
   * be replaced stays as it was after a failure.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_EXISTS`, `ERR_SPILLWAY_INPUT`, `ERR_SPILLWAY_IO`, `ERR_SPILLWAY_VALUE`; an
   *   AbortError when interrupted
   */
  async run(): Promise<void> {
    try {
      this.#input = await checkPlaces(this.#plan)
      const columns = await this.#findColumns()
      this.#beginPass('records')
      for (const path of this.#outputs()) await makeOutputDirectory(dirname(path))
      await this.#deadLetters.prepare()
      await this.#convert(columns)
    } finally {
      this.#over.abort()
      await this.#deadLetters.close()
    }
  }

  async #convert(columns: Columns): Promise<void> {
    const batches = this.#batches(columns)
    // The first batch is read before the sink opens, so that unreadable input leaves no empty output.
    const first = await batches.next()
    if (first.done === true && columns.schema === undefined && this.#plan.to === 'parquet') throw noColumns()
    const place = await outputPlaceOf(this.#plan.target, this.#plan.overwrite)
    this.#keepsOld = place.keepsOld
    const sink = this.#openSink(place, columns)
    const closed = once(sink, 'close')
    sink.on('close', () => this.#over.abort())
    try {
      await pipeline(resumed(first, batches), sink, { signal: this.#interrupt })
    } catch (error) {
      await closed.catch(() => {})
      await place.abandon()
      // The first failure: when the sink fails, the input is stopped and fails as well.
      throw sink.errored ?? error
    }
    await closed.catch(() => {})
    await place.complete()
  }

  #outputs(): string[] {
    const { target, deadLetterPath } = this.#plan
    return typeof target === 'string' ? [target, deadLetterPath] : [deadLetterPath]
  }

  #openSink(place: OutputPlace, { schema, metadata }: Columns): RecordSink {
    const { to, compression, csv, types } = this.#plan
    this.#sink = new RecordSink({
      format: to,
      ...place.sink,
      ...(compression !== undefined && { compression }),
      ...(schema !== undefined && { schema }),
      ...(metadata !== undefined && { metadata }),
      csv,
      ...types,
      onReject: (rejection) => this.#reject(rejection),
      highWaterMark: QUEUED_BATCHES,
    })
    return this.#sink
  }

  /** The first pass, if there is one. */
  async #findColumns(): Promise<Columns> {
    const { from, to, allText } = this.#plan
    const csvTypes = allText ? 'text' : 'infer'
    if (this.#input === null) return { csvTypes }
    this.#beginPass('columns')
    if (from === 'parquet') return { csvTypes, ...(await this.#columnsOfParquet(this.#input.path)) }
    if (from === 'csv' || from === 'tsv') return this.#columnsOfCsv(this.#input.path)
    if (!hasColumns(to)) return { csvTypes }
    const reshape = this.#reshapeFor([])
    return { csvTypes, reshape, schema: await this.#scan(reshape, csvTypes) }
  }

  async #columnsOfParquet(path: string): Promise<Omit<Columns, 'csvTypes'>> {
    const { rows, columns, metadata } = await parquetInfo(path, { binary: this.#plan.binary })
    this.#rowsOfInput = rows
    const reshape = this.#reshapeFor(columns.map(({ name }) => name))
    if (!hasColumns(this.#plan.to)) return { reshape }
    const { geo } = metadata
    return {
      reshape,
      // GeoParquet says in it which columns are geometries.
      ...(geo !== undefined && { metadata: { geo } }),
      schema: schemaOfParquet(columns, reshape, this.#plan.to === 'parquet') ?? (await this.#scan(reshape, 'infer')),
    }
  }

  async #columnsOfCsv(path: string): Promise<Columns> {
    const { allText, dialect, encoding, maxLineBytes, to } = this.#plan
    const found = await findCsvTypes(
      readBytes(path, this.#countBytes, this.#reading, () => {}),
      {
        ...dialect,
        onHeader: (names) => this.#expectColumns(names),
        ...(encoding !== undefined && { encoding }),
        signal: this.#reading,
        ...(maxLineBytes !== undefined && { maxRecordBytes: maxLineBytes }),
      },
    )
    if (found === undefined) return { csvTypes: allText ? 'text' : 'infer' }
    const types = allText ? Object.fromEntries(Object.keys(found).map((name) => [name, 'text' as const])) : found
    const reshape = this.#reshapeFor(Object.keys(types))
    if (!hasColumns(to)) return { csvTypes: types, reshape }
    const schema = schemaOfCsv(types, reshape)
    // The types of cells do not tell which texts are timestamps.
    const isAsked = this.#plan.types.timestamps === 'infer'
    return { csvTypes: types, reshape, schema: isAsked ? await this.#withTimestamps(schema, reshape, types) : schema }
  }

  /** The schema, with the timestamps among its texts. */
  async #withTimestamps(
    schema: Schema | undefined,
    reshape: Reshape,
    types: ReadRecordsOptions['csvTypes'],
  ): Promise<Schema | undefined> {
    const found = (await this.#scan(reshape, types)) ?? {}
    const texts = Object.entries(schema ?? {}).filter(([, type]) => type === 'utf8')
    return schema && { ...schema, ...Object.fromEntries(texts.map(([name]) => [name, found[name] ?? 'utf8'])) }
  }

  /** Reads all records to find their columns. */
  #scan(reshape: Reshape, csvTypes: ReadRecordsOptions['csvTypes']): Promise<Schema | undefined> {
    return findSchema(
      this.#read(csvTypes, () => {}),
      reshape,
      this.#plan.types,
    )
  }

  async *#batches({ csvTypes, reshape }: Columns): AsyncGenerator<readonly ResultRecord[], void> {
    let reshapeRecord = reshape
    for await (const batch of this.#read(csvTypes, (rejection) => this.#reject(rejection))) {
      reshapeRecord ??= this.#reshapeFor(Object.keys(batch[0] ?? {}))
      yield reshapeRecord === keepRecord ? batch : await this.#reshapeAll(batch, reshapeRecord)
    }
  }

  async #reshapeAll(batch: readonly ResultRecord[], reshape: Reshape): Promise<ResultRecord[]> {
    const reshaped: ResultRecord[] = []
    for (const record of batch) {
      try {
        reshaped.push(reshape(record))
      } catch (error) {
        if (!(error instanceof NestConflict)) throw error
        await this.#reject({ stage: 'parse', reason: error.message, field: error.field, record })
      }
    }
    return reshaped
  }

  /**
   * The function that is applied to each record before it is written.
   *
   * @param columns - all columns of the input; for a format without columns, empty
   */
  #reshapeFor(columns: readonly string[]): Reshape {
    this.#expectColumns(columns)
    if (!this.#plan.nest) return keepRecord
    const nester = new Nester()
    return (record) => nester.nest(record)
  }

  #expectColumns(names: readonly string[]): void {
    if (hasColumns(this.#plan.to)) expectColumns(names.length)
  }

  async *#read(
    csvTypes: ReadRecordsOptions['csvTypes'],
    onReject: ReadRecordsOptions['onReject'],
  ): AsyncGenerator<readonly ResultRecord[]> {
    const { from, source, dialect, encoding, jsonPath, binary, maxLineBytes } = this.#plan
    const options = { from, source, dialect, encoding, jsonPath, binary, csvTypes, maxLineBytes, onReject }
    const onWarning = (message: string) => void this.#warnings.add(message)
    for await (const batch of readRecords({
      ...options,
      signal: this.#reading,
      onBytes: this.#countBytes,
      onWarning,
    })) {
      this.#records += batch.length
      yield batch
    }
  }

  async #reject(rejection: Rejection): Promise<void> {
    this.#rejected += 1
    this.#firstRejection ??= rejection
    await this.#deadLetters.add(rejection)
  }

  #beginPass(pass: ConversionStats['pass']): void {
    this.#pass = pass
    this.#passStartedAt = performance.now()
    this.#records = 0
    this.#bytesRead = 0
  }

  readonly #countBytes = (bytes: number): void => {
    this.#bytesRead += bytes
  }

  #fraction(): number | undefined {
    if (this.#rowsOfInput !== undefined) return this.#rowsOfInput === 0 ? 1 : this.#records / this.#rowsOfInput
    return this.#input === null || this.#input.bytes === 0 ? undefined : this.#bytesRead / this.#input.bytes
  }
}

/** Continues an iteration whose first result was already taken. */
async function* resumed<T>(first: IteratorResult<T, void>, rest: AsyncGenerator<T, void>): AsyncGenerator<T> {
  if (first.done === true) return
  yield first.value
  yield* rest
}

/** Columns are not invented, and most readers refuse a Parquet file without columns. */
function noColumns(): SpillwayError {
  return new SpillwayError(
    'ERR_SPILLWAY_VALUE',
    'The input has no records and no columns, and a Parquet file needs a column. Nothing was written. Write JSON lines (--to jsonl) or CSV (--to csv).',
  )
}

function keepRecord(record: ResultRecord): ResultRecord {
  return record
}
