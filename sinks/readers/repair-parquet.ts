/**
 * Makes a Parquet file readable again after a killed process, a power loss or a full disk.
 */
import { open, stat } from 'node:fs/promises'
import { errnoOf, messageOf, SpillwayError, type ErrorCode } from '../../lib/core/errors.ts'
import { expectValue, text } from '../../lib/core/options.ts'
import { FileSlices } from '../files/file-slices.ts'
import { findLastFooter, type FoundFooter } from './last-footer.ts'

/** The result of {@link repairParquet}. */
export interface ParquetRepair {
  readonly path: string
  /** Rows in the repaired file. */
  readonly rows: number
  readonly rowGroups: number
  /** Bytes of the repaired file. */
  readonly bytes: number
  /** Bytes that were removed after the last complete footer. 0 when the file was already complete. */
  readonly removedBytes: number
}

/** Remedies for errors of the operating system. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOENT: 'There is no such file: check the path.',
  ENOTDIR: 'A part of the path is a file: check the path.',
  EACCES: 'Change the permissions of the file, or repair a copy.',
  EPERM: 'Change the permissions of the file, or repair a copy.',
  EROFS: 'The disk is read-only: repair a copy elsewhere.',
}

/**
 * Truncates a Parquet file to its last complete footer, and makes the result durable. A ParquetSink appends a footer
 * after row groups and at each checkpoint, and continues after it. So all rows up to the last footer can be recovered.
 *
 * The file may have been cut short at any byte. A footer is only accepted if it describes all bytes before it, page by
 * page. So a Parquet file in a cell is not accepted. The data within pages is not decoded. A complete file is not
 * changed, and needs no write permission. Do not repair a file that is still being written.
 *
 * Memory: a window of 1 MB, and the metadata of two footers, for any file size.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_INPUT` when it is not a Parquet file, or has no complete footer;
 *   `ERR_SPILLWAY_IO`; `ERR_SPILLWAY_OPTION`. The file is then unchanged, unless the truncation itself failed.
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

/** Opening a pipe would block until another process writes to it. */
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
  const reason = 'no complete row group was found, because no footer in it describes the bytes before it'
  const remedy =
    'The file was not changed. A ParquetSink writes footers after its row groups; other tools write the only footer at ' +
    'the end. Write or download the file again.'
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
        const remedy = 'Wait until the process that writes it has ended, then repair it.'
        throw refusal('ERR_SPILLWAY_INPUT', path, 'it changed while it was searched', remedy)
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
  const remedy = REMEDIES[errnoOf(cause) ?? ''] ?? 'Check the disk, then repair the file again.'
  const message = `${path} cannot be repaired: cannot ${action} it (${messageOf(cause)}). ${remedy}`
  return new SpillwayError('ERR_SPILLWAY_IO', message, { cause, place: { path } })
}
