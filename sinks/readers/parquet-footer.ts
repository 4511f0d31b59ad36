/**
 * Reads the footer of a Parquet file, and checks what it says: its checksum, and that its counts and offsets agree with
 * one another and with the size of the file.
 */
import { loadHyparquet, type ColumnChunk, type FileMetaData, type RowGroup } from './hyparquet.ts'
import { messageOf, SpillwayError } from '../../lib/core/errors.ts'
import type { ByteSource } from '../files/file-slices.ts'
import { CHECKSUMS_KEY, readChecksums } from '../parquet/checksums.ts'

/** A footer whose counts and offsets are right. */
export interface ParquetFooter {
  readonly metadata: FileMetaData
  /** CRC-32 of each column chunk, in the order of the footer; undefined for a file without them. */
  readonly checksums: readonly number[] | undefined
}

const MAGIC = 'PAR1'

/** Bytes of the length of the metadata and of the magic bytes. */
const TAIL_BYTES = 8

/** The least bytes of a file: the magic bytes twice, and the length. */
const MIN_FILE_BYTES = 12

/** What `created_by` begins with in the files of this package, which all have checksums. */
const CREATED_BY = 'spillway'

/**
 * Reads the footer of a file.
 *
 * @param name - name of the file in messages: its path
 * @throws {SpillwayError} `ERR_SPILLWAY_INPUT` when the bytes are not a complete Parquet file, or the footer is damaged
 */
export async function readFooter(source: ByteSource, name: string): Promise<ParquetFooter> {
  await checkFrame(source, name)
  const { byteLength } = source
  const tail = Buffer.from(await source.slice(byteLength - TAIL_BYTES, byteLength))
  const start = byteLength - TAIL_BYTES - tail.readUInt32LE(0)
  if (start < MAGIC.length) throw damagedFooter(name, 'its length is greater than the file')
  const footer = Buffer.from(await source.slice(start, byteLength))
  try {
    return await parseFooter(footer, start)
  } catch (error) {
    throw damagedFooter(name, reasonOf(error, 'its bytes are not those of metadata'), error)
  }
}

/**
 * Parses and checks a footer, including its length and magic bytes.
 *
 * @param start - its offset in the file
 * @throws {Error} the reason why it is not a valid footer
 */
export async function parseFooter(footer: Buffer, start: number): Promise<ParquetFooter> {
  const { parquetMetadata } = await loadHyparquet()
  const metadata = parquetMetadata(new Uint8Array(footer), { geoparquet: false })
  const chunks = metadata.row_groups.reduce((sum, { columns }) => sum + columns.length, 0)
  const hasChecksums =
    metadata.key_value_metadata?.some(({ key }) => key === CHECKSUMS_KEY) === true ||
    metadata.created_by?.startsWith(CREATED_BY) === true
  const checksums = hasChecksums ? readChecksums(footer.subarray(0, -TAIL_BYTES), chunks) : undefined
  if (checksums === null || (hasChecksums && checksums === undefined)) throw new Error('it does not match its checksum')
  checkCounts(metadata)
  for (const [index, group] of metadata.row_groups.entries()) checkRowGroup(group, index, metadata, start)
  return { metadata, checksums: checksums?.chunks }
}

function checkCounts({ num_rows: rows, row_groups: groups }: FileMetaData): void {
  for (const { num_rows: count } of [{ num_rows: rows }, ...groups]) {
    // A damaged field may have any type, and the decoder would not end on what is not a number.
    if (typeof count !== 'bigint') throw new Error('a number of rows is missing')
  }
  let sum = 0n
  for (const [index, group] of groups.entries()) {
    if (!isCount(Number(group.num_rows))) throw new Error(`row group ${index + 1} has ${group.num_rows} rows`)
    sum += group.num_rows
  }
  if (sum !== rows) throw new Error(`it states ${rows} rows, but its row groups have ${sum}`)
}

function checkRowGroup({ columns }: RowGroup, index: number, { schema }: FileMetaData, end: number): void {
  const leaves = schema.filter(({ num_children: children }) => children === undefined || children === 0)
  // A schema without columns has only its root.
  const expected = schema.length === 1 ? 0 : leaves.length
  if (columns.length !== expected) {
    throw new Error(`row group ${index + 1} has ${columns.length} columns, but the schema has ${expected}`)
  }
  for (const chunk of columns) checkChunk(chunk, index, end)
}

function checkChunk({ file_path: path, meta_data: chunk }: ColumnChunk, index: number, end: number): void {
  if (chunk === undefined || (path !== undefined && path !== '')) return
  const start = Number(chunk.dictionary_page_offset ?? 0) || Number(chunk.data_page_offset)
  const bytes = Number(chunk.total_compressed_size)
  const counts = [start, Number(chunk.data_page_offset), bytes, Number(chunk.num_values)]
  if (counts.every(isCount) && start + bytes <= end && Number(chunk.data_page_offset) <= end) return
  const name = chunk.path_in_schema.join('.')
  throw new Error(`column ${JSON.stringify(name)} of row group ${index + 1} is not within the file`)
}

/** Distinguishes cases that hyparquet does not: an empty file, a file of another format, and a file without its end. */
async function checkFrame(source: ByteSource, name: string): Promise<void> {
  const { byteLength } = source
  if (byteLength === 0) throw unreadable(name, 'it is empty', 'It was probably never written to: write it again.')
  const head = await magicOf(source, 0)
  if (head === 'PARE') throw unreadable(name, 'its footer is encrypted', 'Decrypt it first.')
  if (head !== MAGIC) throw unreadable(name, 'it is not a Parquet file', 'Check the path and the format.')
  const tail = byteLength < MIN_FILE_BYTES ? '' : await magicOf(source, byteLength - 4)
  if (tail !== MAGIC) {
    throw unreadable(
      name,
      'it was cut short: its footer is missing',
      'Download or write it again, or truncate it with `spillway repair`.',
    )
  }
}

async function magicOf(source: ByteSource, start: number): Promise<string> {
  const bytes = await source.slice(start, Math.min(start + 4, source.byteLength))
  return Buffer.from(bytes).toString('latin1')
}

/** Whether a value of the metadata is a valid count. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/**
 * The message of an error that states what is wrong with a file, else `otherwise`: on damaged bytes a decoder may fail
 * anywhere, as a TypeError or a RangeError whose message says nothing to users.
 */
export function reasonOf(error: unknown, otherwise: string): string {
  return error instanceof Error && error.constructor === Error ? messageOf(error) : otherwise
}

function damagedFooter(name: string, reason: string, cause?: unknown): SpillwayError {
  return unreadable(name, `its footer is damaged (${reason})`, 'Write or download the file again.', cause)
}

/** The error for a file that cannot be read. */
export function unreadable(path: string, reason: string, remedy: string, cause?: unknown): SpillwayError {
  return new SpillwayError('ERR_SPILLWAY_INPUT', `${path} cannot be read as Parquet: ${reason}. ${remedy}`, {
    ...(cause !== undefined && { cause }),
    place: { path },
  })
}
