import parquetTypes from 'parquetjs-lite/gen-nodejs/parquet_types.js'
import parquetUtil from 'parquetjs-lite/lib/util.js'
import t from 'tap'
import type { Cell } from '../../../sinks/columns/column.ts'
import type { ColumnBuffer } from '../../../sinks/parquet/encoding/column-buffer.ts'
import { Scratch } from '../../../sinks/parquet/compression/scratch.ts'
import { encodeColumnChunk } from '../../../sinks/parquet/column-chunk.ts'
import { codecOf, type ParquetCompression } from '../../../sinks/parquet/compression/compression.ts'
import { NumberDictionary } from '../../../sinks/parquet/encoding/number-dictionary.ts'
import { createBuffer, type LeafType } from '../../../sinks/parquet/encoding/create-buffer.ts'
import type { Leaf } from '../../../sinks/parquet/encoding/leaf.ts'
import { MAX_PAGE_BYTES, MAX_PAGE_ROWS, splitPages } from '../../../sinks/parquet/pages.ts'

interface PageHeader {
  readonly uncompressed_page_size: number
  readonly compressed_page_size: number
  readonly data_page_header: { readonly num_values: number } | null
}
const { PageHeader } = parquetTypes as { PageHeader: new () => PageHeader }
const { decodeThrift } = parquetUtil as {
  decodeThrift(this: void, struct: object, bytes: Buffer, offset: number): number
}

function bufferOf(type: LeafType, cells: readonly Cell[]): ColumnBuffer {
  const buffer = createBuffer(type, { bytes: 0 })
  cells.forEach((cell, row) => {
    if (cell !== null && !buffer.take(cell, row)) buffer.add(cell, row)
  })
  buffer.padTo(cells.length)
  return buffer
}

/** Number of rows and values of each page. */
function split(type: LeafType, cells: readonly Cell[]): [number, number][] {
  const buffer = bufferOf(type, cells)
  const [leaf] = buffer.leaves(true) as [Leaf]
  return [...splitPages(leaf, buffer.chunkValues(new NumberDictionary()))].map((page) => [
    page.to - page.from,
    page.toValue - page.fromValue,
  ])
}

t.test('ends a page at 20,000 rows, nulls included', async (t) => {
  const half = Array.from({ length: 45_000 }, (_, index) => (index % 2 === 0 ? 1 : null))
  t.strictSame(split('double', half), [
    [20_000, 10_000],
    [20_000, 10_000],
    [5_000, 2_500],
  ])
  t.strictSame(split('double', half.slice(0, MAX_PAGE_ROWS)), [[20_000, 10_000]])
  t.strictSame(split('boolean', Array<null>(20_001).fill(null)), [
    [20_000, 0],
    [1, 0],
  ])
})

t.test('halves a page until its values fit', async (t) => {
  const third = Buffer.alloc(MAX_PAGE_BYTES / 4)
  t.strictSame(split('bytes', [null, ...Array<Buffer>(7).fill(third), null]), [
    [3, 2],
    [3, 3],
    [3, 2],
  ])
})

t.test('puts a value larger than a page on its own page', async (t) => {
  const large = Buffer.alloc(MAX_PAGE_BYTES + 1)
  t.strictSame(split('bytes', [large, Buffer.alloc(1), large, large]), [
    [1, 1],
    [1, 1],
    [1, 1],
    [1, 1],
  ])
})

t.test('makes no page without rows', async (t) => {
  t.strictSame(split('double', []), [])
})

for (const compression of ['none', 'snappy', 'gzip', 'brotli'] satisfies ParquetCompression[]) {
  t.test(`writes consistent sizes and counts with ${compression}`, async (t) => {
    const cells = Array.from({ length: 50_000 }, (_, index) =>
      index % 10 === 0 ? null : `${'text '.repeat(20)}${index}`,
    )
    const parts: Uint8Array[] = []
    const context = { codec: codecOf(compression), scratch: new Scratch(), compressed: new Scratch() }
    const column = bufferOf('utf8', cells)
    const encoding = encodeColumnChunk(
      column.leaves(true)[0] as Leaf,
      column.chunkValues(new NumberDictionary()),
      context,
    )
    let step = await encoding.next()
    for (; step.done !== true; step = await encoding.next()) parts.push(Buffer.from(step.value))
    const info = step.value
    const bytes = Buffer.concat(parts)
    const pages: PageHeader[] = []
    let uncompressedBytes = 0
    let offset = 0
    while (offset < bytes.length) {
      const header = new PageHeader()
      const headerBytes = decodeThrift(header, bytes, offset)
      pages.push(header)
      uncompressedBytes += headerBytes + header.uncompressed_page_size
      offset += headerBytes + header.compressed_page_size
    }
    t.equal(offset, bytes.length)
    t.ok(pages.length > 2)
    t.equal(
      pages.reduce((count, page) => count + (page.data_page_header?.num_values ?? 0), 0),
      50_000,
    )
    t.match(info, { valueCount: 50_000, nullCount: 5_000, uncompressedBytes, compressedBytes: bytes.length })
    t.equal(info.compressedBytes < info.uncompressedBytes, compression !== 'none')
  })
}
