/**
 * Contents (rows and checksum) of text with one row per line, from rows in memory or from files.
 */
import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { crc32, createGunzip } from 'node:zlib'
import type { Output } from './bench-case.ts'

/** The contents and size of the lines that `toLine` makes from `rows`, each with a line feed after it. */
export function sumLines<Row>(rows: Iterable<Row>, toLine: (row: Row) => string): Output {
  return sumText('', rows, (row) => `${toLine(row)}\n`)
}

/** The same for `header`, a line or empty, followed by the lines that `toLine` makes from `rows`, with line feeds. */
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
 * The contents and size of all files below `directory` whose names end in `extension`, in the order of their paths. The
 * checksum of a `.gz` file is that of its decompressed text, its size is that on disk.
 *
 * @throws the error of a file that cannot be read or decompressed
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
