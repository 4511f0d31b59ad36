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

/** A column chunk as it goes into the file. */
export interface EncodedColumnChunk {
  /** The bytes, in order. */
  readonly parts: readonly Buffer[]
  readonly info: ColumnChunkInfo
}

/**
 * Encodes a column of a row group. Memory: the encoded form of the column, and one page before compression.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_VALUE` when a page cannot be compressed
 */
export async function encodeColumnChunk(
  column: ColumnBuffer,
  codec: Codec,
  scratch: Scratch,
): Promise<EncodedColumnChunk> {
  const parts: Buffer[] = []
  let uncompressedBytes = 0
  let compressedBytes = 0
  for (const range of splitPages(column)) {
    const page = await encodePage(column, range, codec, scratch)
    parts.push(page.header, page.data)
    uncompressedBytes += page.header.length + page.uncompressedBytes
    compressedBytes += page.header.length + page.data.length
  }
  const bounds = column.values?.bounds()
  const { nullCount, levels } = column
  return { parts, info: { valueCount: levels.length, nullCount, bounds, uncompressedBytes, compressedBytes } }
}
