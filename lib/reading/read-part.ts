/**
 * The records of one part file, as a JSONL file would give them back, whatever the format: nested, with dates as ISO 8601
 * text, bytes as base64, and integers as numbers where those are exact.
 */
import { constants } from 'node:buffer'
import { SpillwayError } from '../core/errors.ts'
import type { ResultRecord } from '../core/record.ts'
import type { Rejection } from '../core/rejection.ts'
import { toBase64 } from '../../sinks/values/json-text.ts'
import type { PartSchema } from '../../sinks/part.ts'
import type { CsvType } from '../../transforms/parsing/csv-types.ts'
import { inputFormatOf, hasColumns } from './input-formats.ts'
import { columnsToKeepFlat, Nester } from './nest.ts'
import { readRecords } from './read-records.ts'

/**
 * Reads a part in batches. A column that is null in a record comes as null, also where the record had no such field.
 *
 * Memory: that of the format's reader.
 *
 * @param path - its name tells the format
 * @param schema - its columns, as the journal knows them; null for a format without columns
 * @throws {SpillwayError} `ERR_SPILLWAY_INPUT` for a damaged file, `ERR_SPILLWAY_IO`; an AbortError
 */
export async function* readPart(
  path: string,
  schema: PartSchema | null,
  signal: AbortSignal,
): AsyncGenerator<readonly ResultRecord[]> {
  const from = inputFormatOf(path)
  if (from === undefined) throw new TypeError(`${path} is not named as a part file is`)
  const batches = readRecords({
    from,
    source: path,
    delimiter: ',',
    csvTypes: csvTypesOf(schema ?? {}),
    maxLineBytes: constants.MAX_STRING_LENGTH,
    signal,
    onReject: (rejection) => {
      throw damaged(path, rejection)
    },
    onBytes: () => {},
  })
  if (schema === null || !hasColumns(from)) {
    yield* batches
    return
  }
  const nester = new Nester(columnsToKeepFlat(Object.keys(schema)))
  for await (const batch of batches) yield batch.map((record) => nester.nest(plain(record, schema)))
}

function csvTypesOf(schema: PartSchema): Readonly<Record<string, CsvType>> {
  const types = { boolean: 'boolean', int64: 'integer', double: 'number' } as const
  const entries = Object.entries(schema).map(([name, type]): [string, CsvType] => {
    return [name, types[type as keyof typeof types] ?? 'text']
  })
  return Object.fromEntries(entries)
}

/** The cells of a record as values that JSON has. */
function plain(record: ResultRecord, schema: PartSchema): ResultRecord {
  // From entries, so that a column called `__proto__` is one like any other.
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, plainValue(value, schema[name])]))
}

function plainValue(value: unknown, type: PartSchema[string] | undefined): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return toBase64(value)
  if (type === 'json' && typeof value === 'string') return parsed(value)
  return value
}

/** The value of a cell of JSON text; text that is none stays as it is, as in a column that holds both. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function damaged(path: string, { line, reason }: Rejection): SpillwayError {
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
