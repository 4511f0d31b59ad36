/**
 * Finds the last valid footer in a Parquet file that was cut short after it.
 */
import type { ByteRange, ByteSource } from '../files/file-slices.ts'
import { PageChain } from './page-chain.ts'
import { ParquetFile, type ChunkPlace } from './parquet-file.ts'

/** A footer that was found, and the Parquet file that ends with it. */
export interface FoundFooter {
  /** Bytes of that file. */
  readonly end: number
  readonly rows: number
  readonly rowGroups: number
}

/** A candidate for a footer: its own bytes are valid, but the bytes before it are not yet checked. */
interface Footer extends ByteRange {
  readonly file: ParquetFile
  readonly chunks: readonly ChunkPlace[]
}

const MAGIC = 'PAR1'

/** Bytes of the metadata length and of the magic bytes. */
const TAIL_BYTES = 8

/** Bytes that are searched at once. */
const WINDOW_BYTES = 1024 * 1024

/** Larger metadata would need gigabytes of memory in any reader. */
const MAX_METADATA_BYTES = 256 * 1024 * 1024

/**
 * Finds the last footer that describes all bytes before it. The pages of its column chunks must follow one another
 * without gaps. Between the chunks there may only be earlier footers of the same file, or indexes that the footer
 * refers to. So a Parquet file in a cell, or a part of one, is not mistaken for the footer.
 *
 * Memory: a window of 1 MB, and the metadata of two footers. The data within pages is not read.
 *
 * @param path - name of the file in messages
 * @returns undefined when there is no such footer
 * @throws the errors of `source`, unchanged, so that unreadable bytes are never treated as bytes without a footer
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

/** Possible ends of footers, from the last to the first: magic bytes with a plausible length before them. */
async function* endsOfFooters(source: ByteSource): AsyncGenerator<number> {
  for (let end = source.byteLength; end >= TAIL_BYTES;) {
    const start = Math.max(0, end - WINDOW_BYTES)
    const window = Buffer.from(await source.slice(start, end))
    for (let to = window.length; to >= TAIL_BYTES;) {
      const at = window.subarray(0, to).lastIndexOf(MAGIC, undefined, 'latin1') + MAGIC.length
      // A footer end that begins before this window is complete in the next window.
      if (at < TAIL_BYTES) break
      if (startOfFooter(window.subarray(at - TAIL_BYTES, at), start + at) !== undefined) yield start + at
      to = at - MAGIC.length
    }
    end = start === 0 ? 0 : start + TAIL_BYTES - 1
  }
}

/** The start of the footer that ends at `end`, according to its last bytes. Undefined when it cannot be a footer. */
function startOfFooter(tail: Buffer, end: number): number | undefined {
  const length = tail.readUInt32LE(0)
  const start = end - TAIL_BYTES - length
  const possible = length >= 4 && length <= MAX_METADATA_BYTES && start >= MAGIC.length
  return possible && tail.toString('latin1', 4) === MAGIC ? start : undefined
}

/** The footer that ends at `end`. Undefined when the bytes before `end` are not a footer. */
async function footerBefore(source: ByteSource, path: string, end: number): Promise<Footer | undefined> {
  if (end < MAGIC.length + TAIL_BYTES) return undefined
  const tail = Buffer.from(await source.slice(end - TAIL_BYTES, end))
  const start = startOfFooter(tail, end)
  if (start === undefined) return undefined
  // Its first bytes are checked first, because a random length may ask for many bytes.
  if (!beginsMetadata(Buffer.from(await source.slice(start, start + 4)))) return undefined
  const file = await ParquetFile.fromFooter(await source.slice(start, end), start, source, path)
  const chunks = file?.chunkPlaces
  return file === undefined || chunks === undefined ? undefined : { start, end, file, chunks }
}

/** Whether metadata can begin with these bytes: a version, and a list of structs, which is the schema. */
function beginsMetadata([versionField, version = 0, schemaField, list = 0]: Buffer): boolean {
  return versionField === 0x15 && version < 0x80 && schemaField === 0x19 && (list & 0x0f) === 0x0c
}

async function describes(source: ByteSource, path: string, footer: Footer): Promise<boolean> {
  const { file, chunks, start } = footer
  if (file.rows !== file.rowsOfGroups.reduce((sum, rows) => sum + rows, 0)) return false
  const gaps = gapsBetween([...chunks, ...file.indexPlaces], { start: MAGIC.length, end: start })
  if (gaps === undefined) return false
  // The last gap comes first, because it reveals a footer within a cell.
  for (const gap of gaps.reverse()) if (!(await isOfFooters(source, path, gap, chunks))) return false
  const pages = await PageChain.of(source)
  for (const chunk of chunks) if (!(await pages.fills(chunk))) return false
  return true
}

/** The gaps that the ranges leave. Undefined when ranges overlap, or are outside of `whole`. */
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

/** Whether a gap consists only of footers that describe the chunks before the gap, and no others. */
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
