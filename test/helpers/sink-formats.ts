/**
 * Every format that a sink writes, with several compressions, each with an independent reader: JSON.parse, csv-parse
 * and hyparquet.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import { parquetMetadata, parquetRead } from 'hyparquet'
import type { Compression, Format } from '../../sinks/options.ts'

/** A row as text by column, without nulls, so that rows of parts with different columns can be compared. */
export type TextRow = Record<string, string>

/** A format with one of its compressions. */
export interface SinkFormat {
  readonly name: string
  readonly options: { readonly format: Format; readonly compression: Compression }
  readonly extension: string
  /** The cells of a file as the independent reader returns them, null for missing ones. */
  readonly read: (bytes: Buffer) => Promise<Record<string, unknown>[]>
}

const readers = { jsonl: readJsonl, csv: readCsv, parquet: readParquet }

const compressions = {
  jsonl: ['none', 'gzip'],
  csv: ['none', 'gzip'],
  parquet: ['none', 'gzip', 'snappy'],
} as const satisfies Record<Format, readonly Compression[]>

/** The variants of one format. */
export function variantsOf(format: Format): SinkFormat[] {
  return compressions[format].map((compression) => variant(format, compression))
}

/** One variant of a format. */
export function variant(format: Format, compression: Compression = compressions[format][0]): SinkFormat {
  const gzipped = compression === 'gzip' && format !== 'parquet'
  return {
    name: `${format}, ${compression}`,
    options: { format, compression },
    extension: gzipped ? `${format}.gz` : format,
    read: (bytes) => readers[format](gzipped ? gunzipSync(bytes) : bytes),
  }
}

/** The rows of one file as text. */
export async function rowsOfFile(path: string, format: SinkFormat): Promise<TextRow[]> {
  const rows = await format.read(readFileSync(path))
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row)
        .filter(([, cell]) => cell !== null && cell !== undefined)
        .map(([column, cell]) => [column, String(cell)]),
    ),
  )
}

/** The paths of the parts in a directory, in order. Empty when the directory does not exist. */
export function partsOf(directory: string): string[] {
  if (!existsSync(directory)) return []
  const names = readdirSync(directory).filter((name) => name.startsWith('part-'))
  return names.sort().map((name) => join(directory, name))
}

/** The rows of all parts in a directory, part by part. */
export function rowsOfParts(directory: string, format: SinkFormat): Promise<TextRow[][]> {
  return Promise.all(partsOf(directory).map((path) => rowsOfFile(path, format)))
}

/** The numbers in column `n` of rows. */
export function numbersOf(rows: readonly TextRow[]): number[] {
  return rows.map(({ n }) => Number(n))
}

/** The rejections in a dead-letter file. */
export function deadLettersOf(path: string): { reason: string; field?: string; record: unknown }[] {
  if (!existsSync(path)) return []
  return linesOf(readFileSync(path)).map((line) => JSON.parse(line))
}

function linesOf(bytes: Buffer): string[] {
  const lines = bytes.toString().split('\n')
  if (lines.pop() !== '') throw new Error('the last line has no line end')
  return lines
}

async function readJsonl(bytes: Buffer): Promise<Record<string, unknown>[]> {
  return linesOf(bytes).map((line) => JSON.parse(line))
}

async function readCsv(bytes: Buffer): Promise<Record<string, unknown>[]> {
  return parse(bytes, {
    columns: true,
    cast: (value, { header, quoting }) => (value === '' && !quoting && !header ? null : value),
  })
}

async function readParquet(bytes: Buffer): Promise<Record<string, unknown>[]> {
  const file = Uint8Array.from(bytes).buffer
  const columns = parquetMetadata(file).schema.slice(1)
  let rows: unknown[][] = []
  await parquetRead({
    file,
    utf8: false,
    compressors: { GZIP: (input) => gunzipSync(input) },
    // Its default parsers remove a byte order mark, and lose digits of integers in JSON.
    parsers: { stringFromBytes: textOf, jsonFromBytes: textOf },
    onComplete: (read) => {
      rows = read
    },
  })
  // Built from entries, because its objects lose a column `__proto__`.
  return rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index]])))
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString()
}
