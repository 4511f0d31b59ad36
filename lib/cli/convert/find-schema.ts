/**
 * The first pass over a file: its columns and their types. With them, a field that first occurs late in the file has
 * its column from the first row on. Every value fits its column. Memory is bounded by the number of columns.
 */
import { Readable } from 'node:stream'
import { isAbortError, SpillwayError } from '../../core/errors.ts'
import type { ResultRecord } from '../../core/record.ts'
import type { Schema } from '../../../sinks/columns/column.ts'
import { isNestedType, type FieldType } from '../../../sinks/columns/column-type.ts'
import { ColumnInference } from '../../../sinks/columns/infer-columns.ts'
import type { InferredTypes } from '../../../sinks/columns/inferred-types.ts'
import type { ParquetColumn } from '../../../sinks/readers/parquet-file.ts'
import { MAX_DEPTH } from '../../../sinks/values/values.ts'
import type { InferCsvTypesOptions } from '../../../transforms/parsing/infer-csv-types.ts'
import type { CsvType } from '../../../transforms/parsing/csv-types.ts'

/** The most columns that a file may have. */
const MAX_COLUMNS = 10_000

/** Returns the record to write. Throws for a record that will be rejected. */
export type Reshape = (record: ResultRecord) => ResultRecord

/** A sample value of each CSV type. */
const CSV_SAMPLES: Readonly<Record<CsvType, unknown>> = { boolean: true, number: 0.5, integer: 1n, text: '' }

/**
 * The schema that fits all records of `batches`; undefined if they have no columns. A column of nulls only is text.
 * Unreadable input ends the search without an error: the second pass converts the records before it, and fails there.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_VALUE` for more than {@link MAX_COLUMNS} columns; an AbortError is passed on
 */
export async function findSchema(
  batches: AsyncIterable<readonly ResultRecord[]>,
  reshape: Reshape,
  types: InferredTypes,
): Promise<Schema | undefined> {
  const inference = new ColumnInference([], types)
  try {
    for await (const batch of batches) {
      for (const record of batch) addRecord(inference, reshape, record)
      expectColumns(inference.size)
    }
  } catch (error) {
    if (isAbortError(error) || (error as SpillwayError).code === 'ERR_SPILLWAY_VALUE') throw error
  }
  return schemaOf(inference)
}

/**
 * The types of the columns of CSV, from the bytes before the first read error; undefined if there are no columns.
 *
 * @throws an AbortError is passed on
 */
export async function findCsvTypes(
  bytes: AsyncIterable<Buffer>,
  options: InferCsvTypesOptions,
): Promise<Readonly<Record<string, CsvType>> | undefined> {
  const untilFailure = async function* () {
    try {
      yield* bytes
    } catch (error) {
      if (isAbortError(error)) throw error
    }
  }
  // Loaded on first use, because other formats do not need its packages.
  const { inferCsvTypes } = await import('../../../transforms/parsing/infer-csv-types.ts')
  try {
    const types = await inferCsvTypes(Readable.from(untilFailure(), { highWaterMark: 1 }), options)
    return Object.keys(types).length > 0 ? types : undefined
  } catch (error) {
    // The second pass fails on an unreadable header with the same error.
    if (error instanceof SpillwayError && error.code === 'ERR_SPILLWAY_INPUT') return undefined
    throw error
  }
}

/** The schema of CSV records with columns of these types. */
export function schemaOfCsv(types: Readonly<Record<string, CsvType>>, reshape: Reshape): Schema | undefined {
  return schemaOfSamples(
    Object.entries(types).map(([name, type]) => [name, CSV_SAMPLES[type]]),
    reshape,
  )
}

/**
 * The schema of the records of a Parquet file, with the types of its columns; undefined when a column has no such type.
 *
 * @param keepsGroups - whether structs and maps are values of one column. CSV has columns for their fields.
 */
export function schemaOfParquet(
  columns: readonly ParquetColumn[],
  reshape: Reshape,
  keepsGroups: boolean,
): Schema | undefined {
  const fields: [string, FieldType][] = []
  for (const { name, columnType, nullable } of columns) {
    const isGroup = isNestedType(columnType) && !('list' in columnType)
    const path = Object.keys(schemaOfSamples([[name, true]], reshape) ?? {})[0]
    if (columnType === null || path === undefined || (isGroup && !keepsGroups)) return undefined
    fields.push([path, { type: columnType, nullable }])
  }
  return fields.length === 0 ? undefined : Object.fromEntries(fields)
}

/** Infers from one record per column, because a single record might not be able to hold all of them (`a` and `a.b`). */
function schemaOfSamples(samples: readonly (readonly [string, unknown])[], reshape: Reshape): Schema | undefined {
  const inference = new ColumnInference()
  for (const sample of samples) addRecord(inference, reshape, Object.fromEntries([sample]))
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

/** Whether a sink will reject a value because it is nested too deeply. Such a record adds no columns. */
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

/**
 * Refuses more than {@link MAX_COLUMNS} columns.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_VALUE`
 */
export function expectColumns(count: number): void {
  if (count > MAX_COLUMNS) throw tooManyColumns()
}

function tooManyColumns(): SpillwayError {
  return new SpillwayError(
    'ERR_SPILLWAY_VALUE',
    `The records have more than ${MAX_COLUMNS} columns. Each key is a column, also keys that are data (ids, dates). Write JSON lines (--to jsonl), or reshape the records first.`,
  )
}
