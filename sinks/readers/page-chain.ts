/**
 * Whether the bytes of a column chunk are what the footer says of them, by the headers of its pages.
 */
import type { ByteSource } from '../files/file-slices.ts'
import { isCount, type ChunkPlace } from './parquet-file.ts'

/** Bytes read for a header, and for those of small pages behind it. */
const WINDOW_BYTES = 1024

/** Headers are larger only when their statistics hold long values, and no reader takes one beyond this. */
const MAX_HEADER_BYTES = 16 * 1024 * 1024

/** How much more is read of a header that is not all there. */
const GROWTH = 16

/** By the numbers of parquet.thrift. */
const PAGE_KINDS = ['data', 'index', 'dictionary', 'data'] as const

/** The header of a page. */
interface PageHeader {
  readonly kind: (typeof PAGE_KINDS)[number]
  /** Bytes of the header itself. */
  readonly headerBytes: number
  /** Bytes of the page behind its header. */
  readonly dataBytes: number
  /** Values of a data page, nulls included. */
  readonly values: number
}

/** Reads the page header at an offset; undefined when it is none, or not all of it is there. */
type ReadPageHeader = (bytes: Buffer, offset: number) => PageHeader | undefined

/** Follows pages from header to header, without reading what is in them. Memory: one header. */
export class PageChain {
  readonly #source: ByteSource
  readonly #readHeader: ReadPageHeader
  #window = Buffer.alloc(0)
  #windowStart = 0

  private constructor(source: ByteSource, readHeader: ReadPageHeader) {
    this.#source = source
    this.#readHeader = readHeader
  }

  /** The chains of pages in `source`. */
  static async of(source: ByteSource): Promise<PageChain> {
    return new PageChain(source, await loadHeaderReader())
  }

  /** Whether the pages of a chunk end where it ends, and hold as many values as it has. */
  async fills({ start, dataStart, end, values }: ChunkPlace): Promise<boolean> {
    let at = start
    let found = 0
    while (at < end) {
      const header = await this.#headerAt(at, end)
      if (header === undefined) return false
      const { kind, headerBytes, dataBytes } = header
      const next = at + headerBytes + dataBytes
      // A dictionary comes first, and what stands before the first data page is no other.
      if (kind === 'dictionary' ? at > start : at < dataStart) return false
      if (at < dataStart && next !== dataStart) return false
      at = next
      found += header.values
    }
    return at === end && found === values
  }

  async #headerAt(at: number, end: number): Promise<PageHeader | undefined> {
    const offset = at - this.#windowStart
    if (offset >= 0 && offset < this.#window.length) {
      const header = this.#readHeader(this.#window, offset)
      if (header !== undefined) return header
    }
    const most = Math.min(end - at, MAX_HEADER_BYTES)
    for (let bytes = Math.min(WINDOW_BYTES, this.#source.byteLength - at); ; bytes = Math.min(bytes * GROWTH, most)) {
      this.#window = Buffer.from(await this.#source.slice(at, at + bytes))
      this.#windowStart = at
      const header = this.#readHeader(this.#window, 0)
      if (header !== undefined || bytes >= most) return header
    }
  }
}

/** Loaded when it is needed: nobody else who reads needs the package behind it. */
async function loadHeaderReader(): Promise<ReadPageHeader> {
  const { decodePageHeader } = await import('../parquet/thrift/thrift.ts')
  return (bytes, offset) => {
    try {
      const { type, headerBytes, dataBytes, values } = decodePageHeader(bytes, offset)
      const kind = PAGE_KINDS[type]
      return kind !== undefined && isCount(dataBytes) && isCount(values)
        ? { kind, headerBytes, dataBytes, values }
        : undefined
    } catch {
      return undefined
    }
  }
}
