/**
 * Where the bytes of one file go: a real file, or a stream of somebody else's. Errors of the operating system get
 * their place and remedy here.
 */
import { mkdir, open, type FileHandle } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Writable } from 'node:stream'
import { errnoOf, messageOf, SpillwayError, type ErrorCode } from '../../lib/core/errors.ts'

/** An append-only file, or something like one. Calls don't overlap, but for `sync`, which may while others go on. */
export interface ByteTarget {
  /** Bytes that were there before. */
  readonly initialBytes: number
  /** Appends all of `bytes`; once it has settled, their memory is used for others. */
  write(bytes: Uint8Array): Promise<void>
  /** Makes everything written so far survive a power loss. */
  sync(): Promise<void>
  /** Cuts the file back to its first `bytes`; what lies behind was written in part and is unusable. */
  truncate(bytes: number): Promise<void>
  /** Releases the target, whatever state it is in. */
  close(): Promise<void>
}

/** Opens the target of a path. `mode`: `create` refuses an existing file, `overwrite` empties it, `append` goes on. */
export type OpenTarget = (path: string, mode: 'create' | 'overwrite' | 'append') => Promise<ByteTarget>

const FLAGS = { create: 'wx', overwrite: 'w', append: 'a' } as const

/** What to do about the errors of an operating system. */
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
  ENOENT: 'Make sure that nobody removes the directory during the run',
  EEXIST: 'Choose another place, or set `onExisting`',
}

/** Wraps an error of the operating system with the path and the remedy. */
export function ioError(action: string, path: string, cause: unknown): SpillwayError {
  // A file where a directory must be is no output of ours, that `onExisting` could be about.
  const inTheWay = (cause as NodeJS.ErrnoException | undefined)?.syscall === 'mkdir'
  const errno = inTheWay && errnoOf(cause) === 'EEXIST' ? 'ENOTDIR' : (errnoOf(cause) ?? '')
  const code: ErrorCode = errno === 'EEXIST' ? 'ERR_SPILLWAY_EXISTS' : 'ERR_SPILLWAY_IO'
  const remedy = REMEDIES[errno]
  const message = `Cannot ${action} ${path}: ${messageOf(cause)}${remedy === undefined ? '' : `. ${remedy}.`}`
  return new SpillwayError(code, message, { cause, place: { path } })
}

/**
 * Makes a directory and those above it.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_IO`
 */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true })
  } catch (cause) {
    throw ioError('make the directory', path, cause)
  }
}

/**
 * Makes the entries of a directory survive a power loss: a file that was created, renamed or removed there.
 *
 * @throws what the operating system says
 */
export async function syncDirectory(path: string): Promise<void> {
  // Windows has no such thing: it keeps directories itself.
  if (process.platform === 'win32') return
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** Opens a real file, making its directory where needed. */
export const openFileTarget: OpenTarget = async (path, mode) => {
  const directory = dirname(path)
  const firstMade = await mkdir(directory, { recursive: true })
  const handle = await open(path, FLAGS[mode])
  const { size } = await handle.stat()
  return new FileTarget(handle, directoriesFrom(directory, firstMade), size)
}

/** A directory, and those above it up to the one that holds the first one that was made. */
function directoriesFrom(directory: string, firstMade: string | undefined): string[] {
  const directories = [resolve(directory)]
  if (firstMade === undefined) return directories
  const last = dirname(resolve(firstMade))
  for (let path = resolve(directory); path !== last; path = dirname(path)) directories.push(dirname(path))
  return directories
}

class FileTarget implements ByteTarget {
  readonly initialBytes: number
  readonly #handle: FileHandle
  /** Directories with new entries: the file is durable only together with these. */
  #directories: readonly string[]

  constructor(handle: FileHandle, directories: readonly string[], initialBytes: number) {
    this.initialBytes = initialBytes
    this.#handle = handle
    this.#directories = directories
  }

  async write(bytes: Uint8Array): Promise<void> {
    // The system may write less than asked, a full disk above all.
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

/** A target that writes into a stream of somebody else's, such as standard output; it is left open. */
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
      // A stream that is closed while it holds a chunk back may never call back.
      stream.once('close', onClose)
      // A copy, as whoever reads the stream may keep what it gives.
      stream.write(Buffer.from(bytes), (error) => {
        // The error event comes after this callback: without a listener it would end the process.
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
