/**
 * The first pass over a file: which columns it has, and of which types, so that a field that turns up late has its
 * column from the first row on, and no value fails to fit. Memory is bounded by the number of columns.
 */
import { Readable } from 'node:stream'
import { isAbortError, SpillwayError } from '../../core/errors.ts'
import type { ResultRecord } from '../../core/record.ts'
import type { Schema } from '../../../sinks/columns/column.ts'
import { ColumnInference } from '../../../sinks/columns/infer-columns.ts'
import type { ParquetColumn } from '../../../sinks/readers/parquet-file.ts'
import { MAX_DEPTH } from '../../../sinks/values/values.ts'
import type { CsvType } from '../../../transforms/parsing/csv-types.ts'

/** Columns a file may have. */
const MAX_COLUMNS = 10_000

/** Turns a record into the one to be written; throws for one that will be rejected. */
export type Reshape = (record: ResultRecord) => ResultRecord

/** A value of each type of CSV. */
const CSV_SAMPLES: Readonly<Record<CsvType, unknown>> = { boolean: true, number: 0.5, integer: 1n, text: '' }

/** A value of each type of Parquet column that always holds values of one type. */
const PARQUET_SAMPLES = new Map<string, unknown>([
  ['BOOLEAN', true],
  ['INT32', 1n],
  ['INT64', 1n],
  ['FLOAT', 0.5],
  ['DOUBLE', 0.5],
  ['DECIMAL', 0.5],
  ['UTF8', ''],
  ['ENUM', ''],
  ['DATE', new Date(0)],
  ['TIMESTAMP_MILLIS', new Date(0)],
  ['TIMESTAMP_MICROS', new Date(0)],
  ['TIMESTAMP_NANOS', new Date(0)],
  ['BYTE_ARRAY', new Uint8Array()],
  ['JSON', []],
  ['LIST', []],
])

/**
 * The schema that holds all records of `batches`; undefined when they have no columns. A column of nulls only is text.
 * Input that cannot be read ends the search: it will fail again when it is converted, after the records before it.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_VALUE` for more than {@link MAX_COLUMNS} columns; an AbortError as it comes
 */
export async function findSchema(
  batches: AsyncIterable<readonly ResultRecord[]>,
  reshape: Reshape,
): Promise<Schema | undefined> {
  const inference = new ColumnInference()
  try {
    for await (const batch of batches) {
      for (const record of batch) addRecord(inference, reshape, record)
      if (inference.columns.length > MAX_COLUMNS) throw tooManyColumns()
    }
  } catch (error) {
    if (isAbortError(error) || (error as SpillwayError).code === 'ERR_SPILLWAY_VALUE') throw error
  }
  return schemaOf(inference)
}

/**
 * The types of the columns of CSV bytes, as far as they can be read.
 *
 * @throws an AbortError as it comes
 */
export async function findCsvTypes(
  bytes: AsyncIterable<Buffer>,
  options: { readonly delimiter: string; readonly maxRecordBytes?: number; readonly signal: AbortSignal },
): Promise<Readonly<Record<string, CsvType>> | undefined> {
  const untilFailure = async function* () {
    try {
      yield* bytes
    } catch (error) {
      if (isAbortError(error)) throw error
    }
  }
  // Loaded only now: no other format needs its packages.
  const { inferCsvTypes } = await import('../../../transforms/parsing/infer-csv-types.ts')
  try {
    const types = await inferCsvTypes(Readable.from(untilFailure(), { highWaterMark: 1 }), options)
    return Object.keys(types).length > 0 ? types : undefined
  } catch (error) {
    // A header that cannot be read fails the conversion itself.
    if (error instanceof SpillwayError && error.code === 'ERR_SPILLWAY_INPUT') return undefined
    throw error
  }
}

/** The schema of the records of CSV whose columns have these types. */
export function schemaOfCsv(types: Readonly<Record<string, CsvType>>, reshape: Reshape): Schema | undefined {
  return schemaOfSamples(
    Object.entries(types).map(([name, type]) => [name, CSV_SAMPLES[type]]),
    reshape,
  )
}

/** The schema of the records of a Parquet file, if its footer tells; undefined if only the records can. */
export function schemaOfParquet(columns: readonly ParquetColumn[], reshape: Reshape): Schema | undefined {
  if (!columns.every(({ type }) => PARQUET_SAMPLES.has(type))) return undefined
  return schemaOfSamples(
    columns.map(({ name, type }) => [name, PARQUET_SAMPLES.get(type)]),
    reshape,
  )
}

/** One record for each column: together they may hold what no record does. */
function schemaOfSamples(samples: readonly (readonly [string, unknown])[], reshape: Reshape): Schema | undefined {
  const inference = new ColumnInference()
  for (const sample of samples) inference.add(reshape(Object.fromEntries([sample])))
  return schemaOf(inference)
}

function addRecord(inference: ColumnInference, reshape: Reshape, record: ResultRecord): void {
  let reshaped: ResultRecord
  try {
    reshaped = reshape(record)
  } catch {
    return
  }
  if (!isTooDeep(reshaped, MAX_DEPTH)) inference.add(reshaped)
}

/** Whether a sink will refuse a value for its nesting: such a record asks for no columns. */
function isTooDeep(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels < 0) return true
  for (const key in value) if (isTooDeep((value as Record<string, unknown>)[key], levels - 1)) return true
  return false
}

function schemaOf(inference: ColumnInference): Schema | undefined {
  const { columns } = inference
  if (columns.length === 0) return undefined
  return Object.fromEntries(columns.map(({ name, type }) => [name, type ?? 'utf8']))
}

function tooManyColumns(): SpillwayError {
  return new SpillwayError(
    'ERR_SPILLWAY_VALUE',
    `The records have more than ${MAX_COLUMNS} columns: keys that are data (ids, dates) make one for each. Write JSON lines (--to jsonl), or reshape the records first.`,
  )
}
