/**
 * Sums up text of one row per line, as it is made or as it is found in files.
 */
import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { crc32, createGunzip } from 'node:zlib'
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

/**
 * The sum of the files anywhere in `directory` whose names end in `extension`, in the order of their paths: of the text in
 * those whose names end in `.gz`, with their bytes as they are on disk.
 */
export async function sumFiles(directory: string, extension: string): Promise<Output> {
  let [rows, bytes, checksum] = [0, 0, 0]
  const sum = async (text: AsyncIterable<Buffer>) => {
    for await (const chunk of text) {
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) rows++
      checksum = crc32(chunk, checksum)
    }
  }
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith(extension))
  for (const path of files.map(({ parentPath, name }) => join(parentPath, name)).sort()) {
    const file = createReadStream(path)
    await (path.endsWith('.gz') ? pipeline(file, createGunzip(), sum) : sum(file))
    bytes += file.bytesRead
  }
  return { rows, bytes, checksum: checksum.toString(16) }
}
