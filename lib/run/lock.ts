/**
 * A lock that prevents two processes from using the same run directory. The owner is identified by its machine, the
 * machine's boot, its process id and its start time. So no lock stays valid after a crash or a reboot. An owner on
 * another machine updates the time of the file regularly; if it stops, it counts as ended.
 */
import { createHash, randomBytes } from 'node:crypto'
import { constants, copyFile, link, lstat, open, readdir, readFile, rename, rm, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { ioError } from '../../sinks/files/file-target.ts'
import { errnoOf, messageOf, SpillwayError } from '../core/errors.ts'
import { BEAT_MS, describe, isAlive, parseOwner, readText, type Owner } from './lock-owner.ts'

/** The name of the lock file in the run directory. */
export const LOCK_FILE = 'run.lock'

/** The files that taking a lock needs for a moment. A killed process leaves them behind. */
const HELPER_FILE = /^run\.lock(?:\.[0-9a-f]{16})+$/

/** Error codes of a directory in which this process cannot create files. */
const NOT_WRITABLE: readonly string[] = ['EROFS', 'EACCES', 'EPERM']

/** Error codes of file systems that have no hard links. */
const NO_LINKS: readonly string[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']

/**
 * The process that holds the lock of a run directory; undefined if none does. The lock is only read. For a process on
 * another machine this takes six seconds.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_IO` for a lock that cannot be read
 */
export async function readLockOwner(directory: string): Promise<Owner | undefined> {
  return (await readLock(join(directory, LOCK_FILE)))?.owner
}

/** Whether a file in a run directory is a lock, or one that taking a lock needs. */
export function isLockFile(name: string): boolean {
  return name === LOCK_FILE || HELPER_FILE.test(name)
}

/** A lock that this process holds. */
export class RunLock implements AsyncDisposable {
  readonly #path: string
  readonly #text: string
  readonly #beat: NodeJS.Timeout

  private constructor(path: string, text: string) {
    this.#path = path
    this.#text = text
    this.#beat = setInterval(() => {
      const now = new Date()
      utimes(path, now, now).catch(() => {})
    }, BEAT_MS).unref()
  }

  /**
   * Takes the lock of a run directory. It replaces a lock whose owner has ended.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_LOCKED` when another running process, or this one, holds the lock;
   *   `ERR_SPILLWAY_IO`
   */
  static async take(directory: string): Promise<RunLock> {
    const path = join(directory, LOCK_FILE)
    const text = JSON.stringify(await describe(process.pid))
    try {
      await acquire(path, text)
    } catch (cause) {
      throw cause instanceof SpillwayError ? cause : ioError('lock', path, cause)
    }
    const lock = new RunLock(path, text)
    await removeHelperFiles(directory)
    return lock
  }

  /**
   * Takes the lock for a process that only reads. Where no lock file can be created, there is no lock to take, but that
   * of another process still counts.
   *
   * @returns null on a file system or in a directory that this process cannot write to
   * @throws {SpillwayError} as {@link take} does
   */
  static async takeToRead(directory: string): Promise<RunLock | null> {
    try {
      return await RunLock.take(directory)
    } catch (error) {
      if (!NOT_WRITABLE.includes(errnoOf((error as Error).cause) ?? '')) throw error
      await readEndedOwner(join(directory, LOCK_FILE))
      return null
    }
  }

  /** Releases the lock. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#beat)
    // A process on another machine may have replaced the lock, if it saw no updates from this process.
    if ((await readText(this.#path)) === this.#text) await rm(this.#path, { force: true }).catch(() => {})
  }
}

/** Another process may remove the draft, see {@link removeHelperFiles}. So every attempt writes a new one. */
async function acquire(path: string, text: string): Promise<void> {
  for (let isTaken = false; !isTaken;) {
    const draft = `${path}.${randomBytes(8).toString('hex')}`
    try {
      await writeNew(draft, text)
      isTaken = (await tryToLink(draft, path)) || (await tryToReplace(draft, path, text))
    } finally {
      await rm(draft, { force: true }).catch(() => {})
    }
  }
}

/**
 * Removes what processes left behind that were killed while they took the lock. The caller holds the lock, so no other
 * process can replace it, and a process that loses its files here only has to try again.
 */
async function removeHelperFiles(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => [])
  const files = names.filter((name) => HELPER_FILE.test(name)).map((name) => join(directory, name))
  await Promise.all(
    files.map(async (file) => {
      try {
        await readEndedOwner(file)
        await rm(file, { force: true })
      } catch {
        // Its owner is running, or it is not a file of ours.
      }
    }),
  )
}

async function writeNew(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx')
  try {
    await file.writeFile(text)
    // Otherwise a power failure may leave an empty lock.
    await file.sync()
  } finally {
    await file.close()
  }
}

/**
 * Creates the lock file if it does not exist. A hard link appears with its whole content. On a file system without hard
 * links a copy is made. Another process that reads it half written does not replace it.
 */
async function tryToLink(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path).catch((cause: unknown) => {
      if (!NO_LINKS.includes(errnoOf(cause) ?? '')) throw cause
      return copyFile(draft, path, constants.COPYFILE_EXCL)
    })
    return true
  } catch (cause) {
    if (errnoOf(cause) === 'EEXIST' || isAbsent(cause)) return false
    throw cause
  }
}

/**
 * Replaces the lock of an owner that has ended. Several processes may try this at the same time. A late one must not
 * remove the new lock of the first one. So each takes a second lock, named after the old owner, and then checks again.
 *
 * @returns false when the owner has changed meanwhile
 * @throws {SpillwayError} `ERR_SPILLWAY_LOCKED` when the owner is running, or another running process takes or replaces
 *   the lock
 */
async function tryToReplace(draft: string, path: string, text: string): Promise<boolean> {
  const held = await readEndedOwner(path)
  if (held === undefined) return false
  if (isHalfWritten(held)) {
    throw new SpillwayError(
      'ERR_SPILLWAY_LOCKED',
      `${path} is half written: a process is taking the lock, or was stopped while it did. Try again. If this stays so, remove ${path}.`,
      { place: { path } },
    )
  }
  const replaceLock = `${path}.${createHash('sha256').update(held).digest('hex').slice(0, 16)}`
  await acquire(replaceLock, text)
  try {
    if ((await readText(path)) !== held) return false
    await rename(draft, path)
    return true
  } catch (cause) {
    if (isAbsent(cause)) return false
    throw cause
  } finally {
    await rm(replaceLock, { force: true }).catch(() => {})
  }
}

/** A lock file. */
interface HeldLock {
  readonly text: string
  /** The process that holds it; undefined if that has ended. */
  readonly owner: Owner | undefined
}

/**
 * Reads the lock of an owner that has ended.
 *
 * @returns undefined when there is no lock
 * @throws {SpillwayError} `ERR_SPILLWAY_LOCKED` when the owner is running; `ERR_SPILLWAY_IO` as {@link readLock} does
 */
async function readEndedOwner(path: string): Promise<string | undefined> {
  const lock = await readLock(path)
  if (lock?.owner === undefined) return lock?.text
  const { pid, host } = lock.owner
  throw new SpillwayError(
    'ERR_SPILLWAY_LOCKED',
    `${path} is held by process ${pid} on ${host}, which is still running. Wait for it to end, or stop it.`,
    { place: { path } },
  )
}

/**
 * Reads a lock. For an owner on another machine this takes six seconds.
 *
 * @returns undefined when there is no lock
 * @throws {SpillwayError} `ERR_SPILLWAY_IO` for anything but a readable file. Only an absent lock may be tried again: the
 *   rest would never end.
 */
async function readLock(path: string): Promise<HeldLock | undefined> {
  let text: string
  try {
    const found = await lstat(path)
    if (!found.isFile()) throw new Error(found.isSymbolicLink() ? 'it is a symbolic link' : 'it is not a file')
    text = await readFile(path, 'utf8')
  } catch (cause) {
    if (isAbsent(cause)) return undefined
    throw new SpillwayError(
      'ERR_SPILLWAY_IO',
      `Cannot read the lock ${path}: ${messageOf(cause)}. Make sure that no process works in the directory, then remove ${path}.`,
      { cause, place: { path } },
    )
  }
  const owner = parseOwner(text)
  return { text, owner: owner !== undefined && (await isAlive(owner, path)) ? owner : undefined }
}

/** Whether a text is the beginning of what an owner writes. Other text that no owner writes does not count. */
function isHalfWritten(text: string): boolean {
  return text === '' || (text.startsWith('{') && !text.endsWith('}'))
}

function isAbsent(cause: unknown): boolean {
  return errnoOf(cause) === 'ENOENT'
}
