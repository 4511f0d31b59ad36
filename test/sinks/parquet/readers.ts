/**
 * Independent readers of Parquet files, and cells in a form that can be compared between readers.
 */
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBInstance,
  DuckDBTimestampTZValue,
  type DuckDBConnection,
  type DuckDBValue,
} from '@duckdb/node-api'
import { tableFromIPC } from '@uwdata/flechette'
import { parquetMetadata, parquetRead, type FileMetaData } from 'hyparquet'
import { readParquet } from 'parquet-wasm'

/** The rows of a file as read by hyparquet. Each cell is converted by {@link show}. */
export async function rowsByHyparquet(file: Uint8Array): Promise<string[][]> {
  let rows: unknown[][] = []
  await parquetRead({
    file: arrayBufferOf(file),
    utf8: false,
    compressors: { GZIP: (bytes) => gunzipSync(bytes), BROTLI: (bytes) => brotliDecompressSync(bytes) },
    // Its default parsers remove a byte order mark and parse JSON.
    parsers: { stringFromBytes: textOf, jsonFromBytes: textOf },
    onComplete: (read) => {
      rows = read
    },
  })
  return showRows(rows)
}

/** The footer of a file as read by hyparquet. */
export function metadataByHyparquet(file: Uint8Array): FileMetaData {
  return parquetMetadata(arrayBufferOf(file))
}

/** The rows of a file as read by arrow-rs through parquet-wasm. Each cell is converted by {@link show}. */
export function rowsByArrow(file: Uint8Array): string[][] {
  const table = tableFromIPC(readParquet(file).intoIPCStream(), { useBigInt: true, useDate: true })
  const columns = table.children.map((column) => Array.from(column.toArray() as ArrayLike<unknown>))
  return showRows(Array.from({ length: table.numRows }, (_, row) => columns.map((column) => column[row])))
}

/** Opens an in-memory DuckDB. */
export async function openDuckDb(): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  return instance.connect()
}

/** The rows of a DuckDB query. Each cell is converted by {@link show}. */
export async function rowsByDuckDb(connection: DuckDBConnection, query: string): Promise<string[][]> {
  const reader = await connection.runAndReadAll(query)
  return showRows(reader.getRows())
}

/** The rows of a DuckDB query as objects. */
export async function objectsByDuckDb(
  connection: DuckDBConnection,
  query: string,
): Promise<Record<string, DuckDBValue>[]> {
  const reader = await connection.runAndReadAll(query)
  return reader.getRowObjects()
}

/** Rows with each cell as text that shows its type, and distinguishes -0 from 0. */
export function showRows(rows: readonly (readonly unknown[])[]): string[][] {
  return rows.map((row) => row.map(show))
}

function show(cell: unknown): string {
  if (cell === null || cell === undefined) return 'null'
  if (typeof cell === 'string') return JSON.stringify(cell)
  if (typeof cell === 'number') return Object.is(cell, -0) ? '-0' : String(cell)
  if (typeof cell === 'bigint') return `${cell}n`
  if (cell instanceof Date) return `${cell.getTime()} ms`
  if (cell instanceof DuckDBTimestampTZValue) return `${cell.micros / 1000n} ms`
  if (cell instanceof DuckDBDateValue) return `${cell.days * 86_400_000} ms`
  if (cell instanceof DuckDBBlobValue) return `0x${Buffer.from(cell.bytes).toString('hex')}`
  if (cell instanceof Uint8Array) return `0x${Buffer.from(cell).toString('hex')}`
  return String(cell)
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString()
}

function arrayBufferOf(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer
}
