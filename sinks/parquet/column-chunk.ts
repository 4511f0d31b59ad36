/**
 * A column chunk: the pages of one column in one row group, and what the footer must tell of them.
 */
import type { Scratch } from './scratch.ts'
import type { ColumnBuffer } from './column-buffer.ts'
import type { Codec } from './compression.ts'
import { encodePage, splitPages } from './pages.ts'
import type { Bounds } from './statistics.ts'

/** What the footer tells of a column chunk. It does not depend on the type of the column. */
export interface ColumnChunkInfo {
  /** Values, nulls included. */
  readonly valueCount: number
  readonly nullCount: number
  /** Undefined when there is no value, or none that statistics may tell. */
  readonly bounds: Bounds | undefined
  /** Bytes of the pages before compression, headers included. */
  readonly uncompressedBytes: number
  /** Bytes of the pages in the file, headers included. */
  readonly compressedBytes: number
}

/**
 * Encodes a column of a row group, page by page. Memory: one page, before and after compression.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_VALUE` when a page cannot be compressed
 */
export async function* encodeColumnChunk(
  column: ColumnBuffer,
  codec: Codec,
  scratch: Scratch,
): AsyncGenerator<Buffer, ColumnChunkInfo> {
  let uncompressedBytes = 0
  let compressedBytes = 0
  for (const range of splitPages(column)) {
    const page = await encodePage(column, range, codec, scratch)
    uncompressedBytes += page.header.length + page.uncompressedBytes
    compressedBytes += page.header.length + page.data.length
    yield page.header
    yield page.data
  }
  const { nullCount, levels } = column
  return { valueCount: levels.length, nullCount, bounds: column.values?.bounds(), uncompressedBytes, compressedBytes }
}
