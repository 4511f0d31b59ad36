/**
 * The records of one part file, the same from every format as from JSONL: nested, with dates as ISO 8601 text, bytes as
 * base64, integers as numbers if the number is exact, and NaN and infinities as null.
 */
import { constants } from 'node:buffer'
import { SpillwayError } from '../core/errors.ts'
import { splitPath } from '../core/field-path.ts'
import type { ResultRecord } from '../core/record.ts'
import type { Rejection } from '../core/rejection.ts'
import type { PartSchema } from '../../sinks/part.ts'
import type { CsvDialectOptions } from '../../sinks/text/csv-dialect.ts'
import { escapeFormula, unescapeFormula } from '../../sinks/text/formula-text.ts'
import type { CsvInputOptions } from '../../transforms/parsing/csv-dialect.ts'
import type { CsvType } from '../../transforms/parsing/csv-types.ts'
import { inputFormatOf, hasColumns } from './input-formats.ts'
import { Nester } from '../core/nested-record.ts'
import { columnNames } from '../../sinks/columns/column-names.ts'
import { jsonRecord } from './json-values.ts'
import { readRecords } from './read-records.ts'

/**
 * Reads a part in batches, in order. A missing field of a record is null if the file has a column for it. Memory: that
 * of the format's reader.
 *
 * @param path - the format is derived from its name
 * @param schema - its columns, from the journal; null for a format without columns
 * @param csv - the dialect in which CSV was written
 * @throws {SpillwayError} `ERR_SPILLWAY_INPUT` for a damaged file, `ERR_SPILLWAY_IO` if it cannot be read; an
 *   AbortError when `signal` aborts
 */
export async function* readPart(
  path: string,
  schema: PartSchema | null,
  signal: AbortSignal,
  csv: CsvDialectOptions = {},
): AsyncGenerator<readonly ResultRecord[]> {
  const from = inputFormatOf(path)
  if (from === undefined) throw new TypeError(`${path} does not have the name of a part file`)
  const written = schema ?? {}
  const batches = readRecords({
    from,
    source: path,
    dialect: inputDialectOf(csv),
    encoding: undefined,
    jsonPath: undefined,
    csvTypes: csvTypesOf(written, csv),
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
  const restore = from === 'csv' ? restorerOf(names, csv) : undefined
  for await (const batch of batches) {
    yield batch.map((record) => nester.nest(jsonRecord(restore === undefined ? record : restore(record), types)))
  }
}

/** How the parser reads a dialect of ours. It finds the ends of lines. */
function inputDialectOf({ delimiter = ',', quote, header }: CsvDialectOptions): CsvInputOptions {
  return { delimiter, ...(quote !== undefined && { quote }), ...(header !== undefined && { header }) }
}

/** The name of a column as the parser gives it. */
function parsedName(name: string, index: number, { header, formulas }: CsvDialectOptions): string {
  if (header === false) return `column_${index + 1}`
  return formulas === 'escape' ? escapeFormula(name) : name
}

/** Undoes what the dialect changed in names and texts; undefined if it changes none. */
function restorerOf(
  names: readonly string[],
  csv: CsvDialectOptions,
): ((record: ResultRecord) => ResultRecord) | undefined {
  if (csv.header !== false && csv.formulas !== 'escape') return undefined
  const restored = (value: unknown) =>
    typeof value === 'string' && csv.formulas === 'escape' ? unescapeFormula(value) : value
  return (record) =>
    Object.fromEntries(names.map((name, index) => [name, restored(record[parsedName(name, index, csv)])]))
}

function csvTypesOf(schema: PartSchema, csv: CsvDialectOptions): Readonly<Record<string, CsvType>> {
  const names = columnNames(Object.keys(schema))
  const entries = Object.values(schema).map((type, index): [string, CsvType] => {
    return [parsedName(names[index] as string, index, csv), csvTypeOf(type)]
  })
  return Object.fromEntries(entries)
}

function csvTypeOf(type: PartSchema[string] | undefined): CsvType {
  if (typeof type !== 'string') return 'text'
  if (type === 'boolean') return 'boolean'
  if (/^u?int\d/.test(type)) return 'integer'
  return type === 'double' || type === 'float' ? 'number' : 'text'
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
