/**
 * Finds the last footer of a Parquet file that tells what stands before it, in a file that was cut short behind it.
 */
import type { ByteSource } from '../files/file-slices.ts'
import { PageChain } from './page-chain.ts'
import { ParquetFile, type ByteRange, type ChunkPlace } from './parquet-file.ts'

/** A footer, and the Parquet file that ends with it. */
export interface FoundFooter {
  /** Bytes of that file. */
  readonly end: number
  readonly rows: number
  readonly rowGroups: number
}

/** A footer that may be one, as far as its own bytes tell. */
interface Footer extends ByteRange {
  readonly file: ParquetFile
  readonly chunks: readonly ChunkPlace[]
}

const MAGIC = 'PAR1'

/** The length of the metadata, and the magic bytes. */
const TAIL_BYTES = 8

/** Bytes that are looked through at a time. */
const WINDOW_BYTES = 1024 * 1024

/** Metadata beyond this would take gigabytes of memory in any reader. */
const MAX_METADATA_BYTES = 256 * 1024 * 1024

/**
 * Looks for the last footer that describes the bytes before it, from the first one to itself: the pages of its column
 * chunks follow one another without a gap, and between the chunks there are only earlier footers of the same file, or
 * the indexes it points to. So neither a file of the format in a cell nor a part of one is taken for it.
 *
 * Memory: a window of 1 MB, and the metadata of two footers. The data within pages is not read.
 *
 * @param path - what to call the file in messages
 * @returns undefined when there is none; errors of the source are handed on, so that bytes which cannot be read are
 *   never taken for bytes that are no footer
 */
export async function findLastFooter(source: ByteSource, path: string): Promise<FoundFooter | undefined> {
  for await (const end of endsOfFooters(source)) {
    const footer = await footerBefore(source, path, end)
    if (footer === undefined || !(await describes(source, path, footer))) continue
    const { rows, rowGroups } = footer.file
    return { end, rows, rowGroups }
  }
  return undefined
}

/** Where footers may end, from the last to the first: behind magic bytes with a possible length before them. */
async function* endsOfFooters(source: ByteSource): AsyncGenerator<number> {
  for (let end = source.byteLength; end >= TAIL_BYTES;) {
    const start = Math.max(0, end - WINDOW_BYTES)
    const window = Buffer.from(await source.slice(start, end))
    for (let to = window.length; to >= TAIL_BYTES;) {
      const at = window.subarray(0, to).lastIndexOf(MAGIC, undefined, 'latin1') + MAGIC.length
      // What begins before the window is in the next one, whole.
      if (at < TAIL_BYTES) break
      if (startOfFooter(window.subarray(at - TAIL_BYTES, at), start + at) !== undefined) yield start + at
      to = at - MAGIC.length
    }
    end = start === 0 ? 0 : start + TAIL_BYTES - 1
  }
}

/** Where a footer begins that ends at `end`, by its last bytes; undefined when it cannot be one. */
function startOfFooter(tail: Buffer, end: number): number | undefined {
  const length = tail.readUInt32LE(0)
  const start = end - TAIL_BYTES - length
  const possible = length >= 4 && length <= MAX_METADATA_BYTES && start >= MAGIC.length
  return possible && tail.toString('latin1', 4) === MAGIC ? start : undefined
}

/** The footer that ends at `end`; undefined when the bytes before that are none. */
async function footerBefore(source: ByteSource, path: string, end: number): Promise<Footer | undefined> {
  if (end < MAGIC.length + TAIL_BYTES) return undefined
  const tail = Buffer.from(await source.slice(end - TAIL_BYTES, end))
  const start = startOfFooter(tail, end)
  if (start === undefined) return undefined
  // A look at its first bytes, as a length by chance may ask for many.
  if (!beginsMetadata(Buffer.from(await source.slice(start, start + 4)))) return undefined
  const file = await ParquetFile.fromFooter(await source.slice(start, end), source, path)
  const chunks = file?.chunkPlaces
  return file === undefined || chunks === undefined ? undefined : { start, end, file, chunks }
}

/** Whether metadata may begin so: a version, and a list of structs, which is the schema. */
function beginsMetadata([versionField, version = 0, schemaField, list = 0]: Buffer): boolean {
  return versionField === 0x15 && version < 0x80 && schemaField === 0x19 && (list & 0x0f) === 0x0c
}

async function describes(source: ByteSource, path: string, footer: Footer): Promise<boolean> {
  const { file, chunks, start } = footer
  if (file.rows !== file.rowsOfGroups.reduce((sum, rows) => sum + rows, 0)) return false
  const gaps = gapsBetween([...chunks, ...file.indexPlaces], { start: MAGIC.length, end: start })
  if (gaps === undefined) return false
  // The last gap first: it is the one that tells a footer in a cell.
  for (const gap of gaps.reverse()) if (!(await isOfFooters(source, path, gap, chunks))) return false
  const pages = await PageChain.of(source)
  for (const chunk of chunks) if (!(await pages.fills(chunk))) return false
  return true
}

/** What the ranges leave of the whole; undefined when they overlap, or lie outside of it. */
function gapsBetween(ranges: readonly ByteRange[], whole: ByteRange): ByteRange[] | undefined {
  const gaps: ByteRange[] = []
  let at = whole.start
  for (const { start, end } of ranges.toSorted((one, other) => one.start - other.start || one.end - other.end)) {
    if (start < at || end < start) return undefined
    if (start > at) gaps.push({ start: at, end: start })
    at = end
  }
  if (at > whole.end) return undefined
  if (at < whole.end) gaps.push({ start: at, end: whole.end })
  return gaps
}

/** Whether a gap is full of footers which tell of the chunks before it, and of no other. */
async function isOfFooters(
  source: ByteSource,
  path: string,
  gap: ByteRange,
  chunks: readonly ChunkPlace[],
): Promise<boolean> {
  const before = chunks.filter(({ end }) => end <= gap.start).length
  for (let end = gap.end; end > gap.start;) {
    const footer = await footerBefore(source, path, end)
    if (footer === undefined || footer.start < gap.start || footer.chunks.length !== before) return false
    if (!footer.chunks.every((chunk, index) => isSame(chunk, chunks[index]))) return false
    end = footer.start
  }
  return true
}

function isSame(one: ChunkPlace, other: ChunkPlace | undefined): boolean {
  return one.start === other?.start && one.end === other.end && one.values === other.values
}
