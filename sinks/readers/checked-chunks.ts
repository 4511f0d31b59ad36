/**
 * Checks column chunks while their bytes are read for the decoder.
 */
import { crc32 } from 'node:zlib'
import type { ByteRange, ByteSource } from '../files/file-slices.ts'

/** A column chunk to be checked. */
export interface CheckedChunk extends ByteRange {
  readonly column: string
  /** CRC-32 of all its bytes; undefined for a file that has none. */
  readonly crc32: number | undefined
}

/**
 * A source that checks each chunk when its bytes are read. Without a checksum of the chunk, those of its pages are
 * compared, if the pages have them.
 */
export class CheckedChunks implements ByteSource {
  readonly #source: ByteSource
  readonly #unchecked: Set<CheckedChunk>

  constructor(source: ByteSource, chunks: readonly CheckedChunk[]) {
    this.#source = source
    this.#unchecked = new Set(chunks)
  }

  get byteLength(): number {
    return this.#source.byteLength
  }

  async slice(start: number, end = this.byteLength): Promise<ArrayBuffer> {
    const bytes = await this.#source.slice(start, end)
    for (const chunk of this.#unchecked) {
      if (chunk.start >= start && chunk.end <= end) {
        await this.#check(chunk, Buffer.from(bytes, chunk.start - start, chunk.end - chunk.start))
      }
    }
    return bytes
  }

  /** Checks the chunks that were not read as a whole. */
  async finish(): Promise<void> {
    for (const { start, end } of this.#unchecked) await this.slice(start, end)
  }

  async #check(chunk: CheckedChunk, bytes: Buffer): Promise<void> {
    this.#unchecked.delete(chunk)
    const isWhole = chunk.crc32 === undefined ? await pagesMatch(bytes) : crc32(bytes) === chunk.crc32
    if (!isWhole) throw new Error(`column ${JSON.stringify(chunk.column)} does not match its checksum`)
  }
}

/** Whether the data of each page matches the checksum in its header. A page without one matches. */
async function pagesMatch(chunk: Buffer): Promise<boolean> {
  // Loaded only when it is needed, because other readers do not need the package that it imports.
  const { decodePageHeader } = await import('../parquet/thrift/thrift.ts')
  for (let at = 0; at < chunk.length;) {
    const { headerBytes, dataBytes, crc32: expected } = decodePageHeader(chunk, at)
    const end = at + headerBytes + dataBytes
    if (headerBytes <= 0 || !(dataBytes >= 0) || end > chunk.length) throw new Error('the pages do not fill the chunk')
    if (expected !== undefined && crc32(chunk.subarray(at + headerBytes, end)) !== expected) return false
    at = end
  }
  return true
}
