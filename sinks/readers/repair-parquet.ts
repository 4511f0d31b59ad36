/**
 * Makes a Parquet file readable again whose writing was cut short: a killed process, a power loss, a full disk.
 */
import { open, stat } from 'node:fs/promises'
import { errnoOf, messageOf, SpillwayError, type ErrorCode } from '../../lib/core/errors.ts'
import { expectValue, text } from '../../lib/core/options.ts'
import { FileSlices } from '../files/file-slices.ts'
import { findLastFooter, type FoundFooter } from './last-footer.ts'

/** What {@link repairParquet} has kept and removed. */
export interface ParquetRepair {
  /** Path of the file, as it was given. */
  readonly path: string
  /** Rows in the file. */
  readonly rows: number
  /** Row groups in the file. */
  readonly rowGroups: number
  /** Bytes of the file. */
  readonly bytes: number
  /** Bytes behind its last complete footer that were cut off; 0 when the file was complete already. */
  readonly removedBytes: number
}

/** What to do about the errors of an operating system. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOENT: 'There is no such file: check the path.',
  ENOTDIR: 'A part of the path is a file: check the path.',
  EACCES: 'Change the permissions of the file, or repair a copy.',
  EPERM: 'Change the permissions of the file, or repair a copy.',
  EROFS: 'The disk is read-only: repair a copy elsewhere.',
}

/**
 * Cuts a Parquet file back to its last complete footer, and makes that durable. A ParquetSink appends a footer behind
 * row groups and at each checkpoint, and goes on behind it, so that all rows up to there can be had again.
 *
 * The file may have been cut short at any byte. Only a footer counts that describes all bytes before it, page by page:
 * a Parquet file in a cell is none. The data within pages is not decoded. A file that is complete is not touched, and
 * needs no permission to write. Do not repair a file that is still being written.
 *
 * Memory: a window of 1 MB, and the metadata of two footers, whatever the size of the file.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_INPUT` for what is no Parquet file, or one without any complete footer;
 *   `ERR_SPILLWAY_IO`; `ERR_SPILLWAY_OPTION`. Then the file is as it was, unless the system failed to cut it.
 * @example
 * const { rows, removedBytes } = await repairParquet('results.parquet')
 */
export async function repairParquet(path: string): Promise<ParquetRepair> {
  expectValue('path', path, text)
  await expectFile(path)
  const slices = await FileSlices.open(path).catch((error: unknown) => {
    throw ioError('open', path, (error as Error).cause)
  })
  let footer: FoundFooter
  try {
    footer = await footerOf(slices, path)
  } finally {
    await slices.close()
  }
  const { end: bytes, rows, rowGroups } = footer
  const removedBytes = slices.byteLength - bytes
  if (removedBytes > 0) await cut(path, slices.byteLength, bytes)
  return { path, rows, rowGroups, bytes, removedBytes }
}

/** To open a pipe would wait for somebody to write into it. */
async function expectFile(path: string): Promise<void> {
  const found = await stat(path).catch((cause: unknown) => {
    throw ioError('open', path, cause)
  })
  if (found.isDirectory()) throw refusal('ERR_SPILLWAY_IO', path, 'it is a directory', 'Name one file in it.')
  if (!found.isFile()) throw refusal('ERR_SPILLWAY_IO', path, 'it is not a regular file', 'Name one.')
}

async function footerOf(slices: FileSlices, path: string): Promise<FoundFooter> {
  let found: FoundFooter | undefined
  try {
    await expectMagic(slices, path)
    found = await findLastFooter(slices, path)
  } catch (error) {
    throw error instanceof SpillwayError ? error : ioError('read', path, error)
  }
  if (found !== undefined) return found
  const reason = 'no complete row group was found, as no footer in it tells what stands before it'
  const remedy =
    'It was left as it was. A ParquetSink that had got further would have left a footer behind its row groups; other ' +
    'tools write the only footer at the end: write or fetch the file again.'
  throw refusal('ERR_SPILLWAY_INPUT', path, reason, remedy)
}

async function expectMagic(slices: FileSlices, path: string): Promise<void> {
  const head = Buffer.from(await slices.slice(0, Math.min(4, slices.byteLength))).toString('latin1')
  if (head === '') throw refusal('ERR_SPILLWAY_INPUT', path, 'it is empty', 'Write it again.')
  if (head === 'PARE') throw refusal('ERR_SPILLWAY_INPUT', path, 'its footer is encrypted', 'Decrypt it first.')
  if (!'PAR1'.startsWith(head)) {
    throw refusal('ERR_SPILLWAY_INPUT', path, 'it is not a Parquet file', 'Check the path and the format.')
  }
}

async function cut(path: string, expectedBytes: number, bytes: number): Promise<void> {
  try {
    const handle = await open(path, 'r+')
    try {
      const { size } = await handle.stat()
      if (size !== expectedBytes) {
        const remedy = 'Wait until whoever writes it has ended, and repair it then.'
        throw refusal('ERR_SPILLWAY_INPUT', path, 'it has changed while it was looked through', remedy)
      }
      await handle.truncate(bytes)
      await handle.datasync()
    } finally {
      await handle.close()
    }
  } catch (error) {
    throw error instanceof SpillwayError ? error : ioError('cut', path, error)
  }
}

function refusal(code: ErrorCode, path: string, reason: string, remedy: string): SpillwayError {
  return new SpillwayError(code, `${path} cannot be repaired: ${reason}. ${remedy}`, { place: { path } })
}

function ioError(action: string, path: string, cause: unknown): SpillwayError {
  const remedy = REMEDIES[errnoOf(cause) ?? ''] ?? 'See what the system says of the disk, then repair it again.'
  const message = `${path} cannot be repaired: to ${action} it failed (${messageOf(cause)}). ${remedy}`
  return new SpillwayError('ERR_SPILLWAY_IO', message, { cause, place: { path } })
}
