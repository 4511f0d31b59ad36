/**
 * Checks whether the bytes of a column chunk match the footer, by the headers of its pages.
 */
import type { ByteSource } from '../files/file-slices.ts'
import type { ChunkPlace } from './parquet-file.ts'
import { isCount } from './parquet-footer.ts'

/** Bytes read for a header. They also contain the headers of small pages after it. */
const WINDOW_BYTES = 1024

/** Only headers with long values in their statistics are larger. No reader accepts a header beyond this size. */
const MAX_HEADER_BYTES = 16 * 1024 * 1024

/** The factor by which the read size grows when a header is incomplete. */
const GROWTH = 16

/** The types of pages, by their numbers in parquet.thrift. */
const PAGE_KINDS = ['data', 'index', 'dictionary', 'data'] as const

/** The header of a page. */
interface PageHeader {
  readonly kind: (typeof PAGE_KINDS)[number]
  /** Bytes of the header itself. */
  readonly headerBytes: number
  /** Bytes of the page after its header. */
  readonly dataBytes: number
  /** Values of a data page, including nulls. */
  readonly values: number
}

/** Reads the page header at an offset. Undefined when it is not a page header, or is incomplete. */
type ReadPageHeader = (bytes: Buffer, offset: number) => PageHeader | undefined

/** Follows pages from header to header, without reading their data. Memory: one header. */
export class PageChain {
  readonly #source: ByteSource
  readonly #readHeader: ReadPageHeader
  #window = Buffer.alloc(0)
  #windowStart = 0

  private constructor(source: ByteSource, readHeader: ReadPageHeader) {
    this.#source = source
    this.#readHeader = readHeader
  }

  /** Creates a checker for the pages in `source`. */
  static async of(source: ByteSource): Promise<PageChain> {
    return new PageChain(source, await loadHeaderReader())
  }

  /** Whether the pages of a chunk end at the end of the chunk, and contain the stated number of values. */
  async fills({ start, dataStart, end, values }: ChunkPlace): Promise<boolean> {
    let at = start
    let found = 0
    while (at < end) {
      const header = await this.#headerAt(at, end)
      if (header === undefined) return false
      const { kind, headerBytes, dataBytes } = header
      const next = at + headerBytes + dataBytes
      // A dictionary must come first, and no other page may come before the first data page.
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
    const maxBytes = Math.min(end - at, MAX_HEADER_BYTES)
    for (
      let bytes = Math.min(WINDOW_BYTES, this.#source.byteLength - at);
      ;
      bytes = Math.min(bytes * GROWTH, maxBytes)
    ) {
      this.#window = Buffer.from(await this.#source.slice(at, at + bytes))
      this.#windowStart = at
      const header = this.#readHeader(this.#window, 0)
      if (header !== undefined || bytes >= maxBytes) return header
    }
  }
}

/** Loaded only when it is needed, because other readers do not need the package that it imports. */
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
