/**
 * Sums up text of one row per line, as it is made or as it is found in files.
 */
import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Output } from './bench-case.ts'

/** The sum of the lines that `toLine` makes of `rows`, each with a line feed after it. */
export function sumLines<Row>(rows: Iterable<Row>, toLine: (row: Row) => string): Output {
  return sumText('', rows, (row) => `${toLine(row)}\n`)
}

/** The sum of `header`, which may be a line, and of the lines that `toLine` makes of `rows`, line feeds included. */
export function sumText<Row>(header: string, rows: Iterable<Row>, toLine: (row: Row) => string): Output {
  let [count, bytes, checksum] = [header === '' ? 0 : 1, Buffer.byteLength(header), crc32(header)]
  for (const row of rows) {
    const line = Buffer.from(toLine(row))
    count++
    bytes += line.length
    checksum = crc32(line, checksum)
  }
  return { rows: count, bytes, checksum: checksum.toString(16) }
}

/** The sum of the files anywhere in `directory` whose names end in `extension`, in the order of their paths. */
export async function sumFiles(directory: string, extension: string): Promise<Output> {
  let [rows, bytes, checksum] = [0, 0, 0]
  const names = await readdir(directory, { recursive: true })
  for (const name of names.filter((name) => name.endsWith(extension)).sort()) {
    for await (const chunk of createReadStream(join(directory, name)) as AsyncIterable<Buffer>) {
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) rows++
      bytes += chunk.length
      checksum = crc32(chunk, checksum)
    }
  }
  return { rows, bytes, checksum: checksum.toString(16) }
}
