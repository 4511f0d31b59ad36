/**
 * The records of one part file, the same from every format as from JSONL: nested, with dates as ISO 8601 text, bytes as
 * base64, and integers as numbers if the number is exact.
 */
import { constants } from 'node:buffer'
import { SpillwayError } from '../core/errors.ts'
import { splitPath } from '../core/field-path.ts'
import type { ResultRecord } from '../core/record.ts'
import type { Rejection } from '../core/rejection.ts'
import { toBase64 } from '../../sinks/values/json-text.ts'
import { isNestedType } from '../../sinks/columns/column-type.ts'
import type { PartSchema } from '../../sinks/part.ts'
import type { CsvType } from '../../transforms/parsing/csv-types.ts'
import { inputFormatOf, hasColumns } from './input-formats.ts'
import { Nester } from '../core/nested-record.ts'
import { columnNames } from '../../sinks/columns/column-names.ts'
import { readRecords } from './read-records.ts'

/**
 * Reads a part in batches, in order. A missing field of a record is null if the file has a column for it. Memory: that
 * of the format's reader.
 *
 * @param path - the format is derived from its name
 * @param schema - its columns, from the journal; null for a format without columns
 * @throws {SpillwayError} `ERR_SPILLWAY_INPUT` for a damaged file, `ERR_SPILLWAY_IO` if it cannot be read; an
 *   AbortError when `signal` aborts
 */
export async function* readPart(
  path: string,
  schema: PartSchema | null,
  signal: AbortSignal,
): AsyncGenerator<readonly ResultRecord[]> {
  const from = inputFormatOf(path)
  if (from === undefined) throw new TypeError(`${path} does not have the name of a part file`)
  const batches = readRecords({
    from,
    source: path,
    dialect: { delimiter: ',' },
    encoding: undefined,
    jsonPath: undefined,
    csvTypes: csvTypesOf(schema ?? {}),
    binary: 'bytes',
    maxLineBytes: constants.MAX_STRING_LENGTH,
    signal,
    onReject: (rejection) => {
      throw damageError(path, rejection)
    },
    onWarning: () => {},
    onBytes: () => {},
  })
  if (schema === null || !hasColumns(from)) {
    yield* batches
    return
  }
  const paths = Object.keys(schema)
  const names = columnNames(paths)
  const types = new Map(paths.map((path, index) => [names[index] as string, schema[path] ?? null]))
  const nester = new Nester(paths.map((path, index) => [names[index] as string, splitPath(path)]))
  for await (const batch of batches) yield batch.map((record) => nester.nest(jsonRecord(record, types)))
}

function csvTypesOf(schema: PartSchema): Readonly<Record<string, CsvType>> {
  const names = columnNames(Object.keys(schema))
  return Object.fromEntries(Object.values(schema).map((type, index) => [names[index] as string, csvTypeOf(type)]))
}

function csvTypeOf(type: PartSchema[string] | undefined): CsvType {
  if (typeof type !== 'string') return 'text'
  if (type === 'boolean') return 'boolean'
  if (/^u?int\d/.test(type)) return 'integer'
  return type === 'double' || type === 'float' ? 'number' : 'text'
}

/** Converts the cells of a record to JSON values. */
function jsonRecord(record: ResultRecord, types: ReadonlyMap<string, PartSchema[string]>): ResultRecord {
  // `fromEntries` makes a column called `__proto__` an own property.
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, jsonValue(value, types.get(name))]))
}

function jsonValue(value: unknown, type: PartSchema[string] | undefined): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return toBase64(value)
  if (typeof value === 'string') return type === 'json' || isNested(type) ? parseJson(value) : value
  if (isNested(type) && value !== null) return jsonWithin(value)
  return value
}

function isNested(type: PartSchema[string] | undefined): boolean {
  return isNestedType(type ?? null)
}

/** Converts the values of a list, a struct or a map to JSON values. */
function jsonWithin(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(jsonWithin)
  const json = jsonValue(value, undefined)
  if (typeof json !== 'object' || json === null) return json
  return Object.fromEntries(Object.entries(json).map(([key, item]) => [key, jsonWithin(item)]))
}

/** The value of a cell of JSON text. Other text is returned unchanged, because a column may hold both. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function damageError(path: string, { line, reason }: Rejection): SpillwayError {
  const place = { path, ...(line !== undefined && { line }) }
  const where = line === undefined ? path : `Line ${line} of ${path}`
  return new SpillwayError(
    'ERR_SPILLWAY_INPUT',
    `${where} cannot be read: ${reason}. The file was changed or damaged.`,
    {
      place,
    },
  )
}
