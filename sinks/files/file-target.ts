/**
 * The target for the bytes of one file: a real file, or a stream that the caller owns. Errors of the operating system
 * get their place and remedy here.
 */
import { mkdir, open, stat, type FileHandle } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Writable } from 'node:stream'
import { errnoOf, messageOf, SpillwayError, type ErrorCode } from '../../lib/core/errors.ts'

/**
 * An append-only file or a similar target. Calls do not overlap, with one exception: `sync` may run at the same time as
 * other calls.
 */
export interface ByteTarget {
  /** Bytes that the target had when it was opened. */
  readonly initialBytes: number
  /** Appends all of `bytes`. When the promise settles, the caller reuses their memory. */
  write(bytes: Uint8Array): Promise<void>
  /** Makes everything written so far durable, so that it survives a power loss. */
  sync(): Promise<void>
  /** Truncates the file to `bytes`. The bytes after that were written only in part and are unusable. */
  truncate(bytes: number): Promise<void>
  /** Closes the target, in any state. */
  close(): Promise<void>
}

/**
 * Opens the target of a path. Modes: `create` refuses an existing file, `overwrite` empties it, `append` writes after
 * its end.
 */
export type OpenTarget = (path: string, mode: 'create' | 'overwrite' | 'append') => Promise<ByteTarget>

const FLAGS = { create: 'wx', overwrite: 'w', append: 'a' } as const

/** Remedies for errors of the operating system. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: 'Free space on the disk, then run again',
  EDQUOT: 'Free space in your quota, then run again',
  EFBIG: 'Raise the limit on file sizes (ulimit -f), or write parts of a smaller size',
  EACCES: 'Change the permissions, or choose another place',
  EPERM: 'Change the permissions, or choose another place',
  EROFS: 'Choose a place that is not read-only',
  EMFILE: 'Raise the limit on open files (ulimit -n), or write fewer phases at once',
  ENOTDIR: 'Choose another place: a part of the path is a file',
  EISDIR: 'Choose another place: the path is a directory',
  ENOENT: 'Make sure that no other process removes the directory during the run',
  EEXIST: 'Choose another place, or set `onExisting`',
}

/** Wraps an error of the operating system, with the path and the remedy. */
export function ioError(action: string, path: string, cause: unknown): SpillwayError {
  // A file at the place of a needed directory is not output of the sink. `onExisting` does not apply to it.
  const isFileInPath = (cause as NodeJS.ErrnoException | undefined)?.syscall === 'mkdir'
  const errno = isFileInPath && errnoOf(cause) === 'EEXIST' ? 'ENOTDIR' : (errnoOf(cause) ?? '')
  const code: ErrorCode = errno === 'EEXIST' ? 'ERR_SPILLWAY_EXISTS' : 'ERR_SPILLWAY_IO'
  const remedy = REMEDIES[errno]
  const message = `Cannot ${action} ${path}: ${messageOf(cause)}${remedy === undefined ? '' : `. ${remedy}.`}`
  return new SpillwayError(code, message, { cause, place: { path } })
}

/**
 * Creates a directory and its missing parents.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_IO`
 */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await makeDirectories(path)
  } catch (cause) {
    throw ioError('make the directory', path, cause)
  }
}

/**
 * Creates a directory and its missing parents. The recursive `mkdir` of Node.js reports a read-only file system as ENOENT,
 * and does not end below `/proc`.
 *
 * @returns the first directory that was created; undefined when all exist
 * @throws the error of the operating system, unchanged
 */
export async function makeDirectories(path: string): Promise<string | undefined> {
  try {
    return await makeOne(path)
  } catch (cause) {
    const parent = dirname(path)
    if (errnoOf(cause) !== 'ENOENT' || parent === path) throw cause
    const firstOfParents = await makeDirectories(parent)
    const first = await makeOne(path)
    return firstOfParents ?? first
  }
}

/** Returns undefined for a directory that exists. */
async function makeOne(path: string): Promise<string | undefined> {
  try {
    await mkdir(path)
    return path
  } catch (cause) {
    const isDirectory = await stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    )
    if (isDirectory) return undefined
    throw cause
  }
}

/**
 * Makes the entries of a directory durable: files that were created, renamed or removed there.
 *
 * @throws the error of the operating system, unchanged
 */
export async function syncDirectory(path: string): Promise<void> {
  // Windows has no sync for directories. It persists directory entries itself.
  if (process.platform === 'win32') return
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** Opens a real file. Creates its directory if needed. */
export const openFileTarget: OpenTarget = async (path, mode) => {
  const directory = dirname(path)
  const firstCreated = await makeDirectories(directory)
  const handle = await open(path, FLAGS[mode])
  const { size } = await handle.stat()
  return new FileTarget(handle, directoriesFrom(directory, firstCreated), size)
}

/** A directory and its parents, up to the one that contains the first directory that was created. */
function directoriesFrom(directory: string, firstCreated: string | undefined): string[] {
  const directories = [resolve(directory)]
  if (firstCreated === undefined) return directories
  const last = dirname(resolve(firstCreated))
  for (let path = resolve(directory); path !== last; path = dirname(path)) directories.push(dirname(path))
  return directories
}

class FileTarget implements ByteTarget {
  readonly initialBytes: number
  readonly #handle: FileHandle
  /** Directories with new entries. The file is durable only after these are synced, too. */
  #directories: readonly string[]

  constructor(handle: FileHandle, directories: readonly string[], initialBytes: number) {
    this.initialBytes = initialBytes
    this.#handle = handle
    this.#directories = directories
  }

  async write(bytes: Uint8Array): Promise<void> {
    // A write call may write fewer bytes than requested, most often on a full disk.
    for (let from = 0; from < bytes.length;) {
      const { bytesWritten } = await this.#handle.write(bytes, from, bytes.length - from)
      from += bytesWritten
    }
  }

  async sync(): Promise<void> {
    await this.#handle.datasync()
    for (const directory of this.#directories) await syncDirectory(directory)
    this.#directories = []
  }

  async truncate(bytes: number): Promise<void> {
    await this.#handle.truncate(bytes)
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }
}

/** A target that writes to a stream that the caller owns, such as standard output. The stream is not ended. */
export class StreamTarget implements ByteTarget {
  readonly initialBytes = 0
  readonly #stream: Writable

  constructor(stream: Writable) {
    this.#stream = stream
  }

  write(bytes: Uint8Array): Promise<void> {
    const stream = this.#stream
    return new Promise((resolve, reject) => {
      if (stream.closed) {
        reject(new Error('the stream is closed'))
        return
      }
      const onClose = () => {
        stream.off('error', reject)
        reject(new Error('the stream was closed before it had taken everything'))
      }
      stream.once('error', reject)
      // A stream that is closed while a chunk is pending may never call back.
      stream.once('close', onClose)
      // A copy, because the reader of the stream may keep the chunk, but the caller reuses the memory.
      stream.write(Buffer.from(bytes), (error) => {
        // The error event follows this callback. Without a listener it would end the process.
        if (error) {
          reject(error)
          return
        }
        stream.off('error', reject)
        stream.off('close', onClose)
        resolve()
      })
    })
  }

  async sync(): Promise<void> {}

  async truncate(): Promise<void> {}

  async close(): Promise<void> {}
}
