/**
 * A column chunk: the pages of one leaf in one row group, and its metadata for the footer.
 */
import { crc32 } from 'node:zlib'
import { messageOf, SpillwayError } from '../../lib/core/errors.ts'
import type { ChunkValues } from './encoding/chunk-values.ts'
import type { Leaf } from './encoding/leaf.ts'
import type { Codec } from './compression/compression.ts'
import { dataPage, dictionaryPage, splitPages, type UncompressedPage } from './pages.ts'
import type { Scratch } from './compression/scratch.ts'
import type { Bounds } from './encoding/statistics.ts'

/** The metadata of a column chunk for the footer. It does not depend on the type of the column. */
export interface ColumnChunkInfo {
  /** Values, nulls included. */
  readonly valueCount: number
  readonly nullCount: number
  /** The smallest and the largest value. Undefined when there is no value, or when statistics must not contain them. */
  readonly bounds: Bounds | undefined
  /** Bytes of the dictionary page in the file, including its header. 0 without a dictionary. */
  readonly dictionaryBytes: number
  /** Bytes of the pages before compression, including headers. */
  readonly uncompressedBytes: number
  /** Bytes of the pages in the file, including headers. */
  readonly compressedBytes: number
  /** CRC-32 of the pages in the file, including headers. */
  readonly crc32: number
}

/** The codec and the memory that all column chunks of a row group share. */
interface ChunkContext {
  readonly codec: Codec
  /** Memory for a page before compression, and for the same page after it. */
  readonly scratch: Scratch
  readonly compressed: Scratch
}

interface Page {
  readonly header: Buffer
  readonly data: Uint8Array
  readonly uncompressedBytes: number
}

/**
 * Encodes a leaf of a row group, page by page. Yielded bytes are valid until the next are requested. Memory: one
 * page, before and after compression. For a codec on the thread pool, as many pages as it compresses at once.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_VALUE` when a page cannot be compressed
 */
export async function* encodeColumnChunk(
  leaf: Leaf,
  values: ChunkValues,
  context: ChunkContext,
): AsyncGenerator<Uint8Array, ColumnChunkInfo> {
  let uncompressedBytes = 0
  let compressedBytes = 0
  let dictionaryBytes = 0
  let sum = 0
  for await (const page of compressPages(pagesOf(leaf, values), context)) {
    const pageBytes = page.header.length + page.data.length
    if (compressedBytes === 0 && values.dictionary !== undefined) dictionaryBytes = pageBytes
    uncompressedBytes += page.header.length + page.uncompressedBytes
    compressedBytes += pageBytes
    sum = crc32(page.data, crc32(page.header, sum))
    yield page.header
    yield page.data
  }
  return {
    valueCount: leaf.entries,
    nullCount: leaf.entries - leaf.column.length,
    bounds: leaf.column.bounds(),
    dictionaryBytes,
    uncompressedBytes,
    compressedBytes,
    crc32: sum,
  }
}

function* pagesOf(leaf: Leaf, values: ChunkValues): Generator<UncompressedPage> {
  if (values.dictionary !== undefined) yield dictionaryPage(values.dictionary)
  for (const range of splitPages(leaf, values)) yield dataPage(leaf, values, range)
}

/** Compresses pages and yields them in order. Several pages are compressed at once if the codec supports it. */
async function* compressPages(pages: Iterable<UncompressedPage>, context: ChunkContext): AsyncGenerator<Page> {
  const started: Promise<Page>[] = []
  for (const page of pages) {
    const compressing = compressPage(page, context)
    // It may fail while an earlier page is awaited. This avoids an unhandled rejection.
    compressing.catch(() => {})
    started.push(compressing)
    if (started.length === context.codec.pagesAtOnce) yield started.shift() as Promise<Page>
  }
  yield* started
}

async function compressPage(page: UncompressedPage, { codec, scratch, compressed }: ChunkContext): Promise<Page> {
  const { header, parts, uncompressedBytes } = page
  // Pages that are compressed at the same time cannot share memory.
  const bytes = codec.pagesAtOnce === 1 ? scratch.join(parts) : Buffer.concat(parts)
  try {
    const data = await codec.compress(bytes, compressed)
    return { header: header(data), data, uncompressedBytes }
  } catch (cause) {
    throw new SpillwayError('ERR_SPILLWAY_VALUE', `A Parquet page cannot be compressed: ${messageOf(cause)}`, { cause })
  }
}
