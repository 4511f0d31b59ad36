/**
 * A lock that prevents two processes from using the same run directory. The owner is identified by its machine, the
 * machine's boot, its process id and its start time. So no lock stays valid after a crash or a reboot. An owner on
 * another machine updates the time of the file regularly; if it stops, it counts as ended.
 */
import { createHash, randomBytes } from 'node:crypto'
import { constants, copyFile, link, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { ioError } from '../../sinks/files/file-target.ts'
import { errnoOf, SpillwayError } from '../core/errors.ts'

/** The name of the lock file in the run directory. */
export const LOCK_FILE = 'run.lock'

/** How often an owner updates the time of its file, and how long other processes wait for an update. */
const BEAT_MS = 2000
const STALE_AFTER_MS = 3 * BEAT_MS

/** Error codes of file systems that have no hard links. */
const NO_LINKS: readonly string[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']

/** The process that holds a lock. */
interface Owner {
  readonly host: string
  /** Id of the machine's boot; empty where the operating system does not provide it. */
  readonly boot: string
  readonly pid: number
  /** Start time of the process in units of the operating system; empty where it is not provided. */
  readonly began: string
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
      return new RunLock(path, text)
    } catch (cause) {
      throw cause instanceof SpillwayError ? cause : ioError('lock', path, cause)
    }
  }

  /** Releases the lock. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#beat)
    // A process on another machine may have replaced the lock, if it saw no updates from this process.
    if ((await readText(this.#path)) === this.#text) await rm(this.#path, { force: true }).catch(() => {})
  }
}

async function acquire(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomBytes(8).toString('hex')}`
  try {
    await writeNew(draft, text)
    while (!(await tryToLink(draft, path)) && !(await tryToReplace(draft, path, text)));
  } finally {
    await rm(draft, { force: true }).catch(() => {})
  }
}

async function writeNew(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx')
  try {
    await file.writeFile(text)
  } finally {
    await file.close()
  }
}

/**
 * Creates the lock file if it does not exist. A hard link appears with its whole content. On a file system without hard
 * links a copy is made. Another process may read it while it is only partly written.
 */
async function tryToLink(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path).catch((cause: unknown) => {
      if (!NO_LINKS.includes(errnoOf(cause) ?? '')) throw cause
      return copyFile(draft, path, constants.COPYFILE_EXCL)
    })
    return true
  } catch (cause) {
    if (errnoOf(cause) === 'EEXIST') return false
    throw cause
  }
}

/**
 * Replaces the lock of an owner that has ended. Several processes may try this at the same time. A late one must not
 * remove the new lock of the first one. So each takes a second lock, named after the old owner, and then checks again.
 *
 * @returns false when the owner has changed meanwhile
 * @throws {SpillwayError} `ERR_SPILLWAY_LOCKED` when the owner is running, or another running process replaces the lock
 */
async function tryToReplace(draft: string, path: string, text: string): Promise<boolean> {
  const held = await readText(path)
  if (held === undefined) return false
  const owner = parseOwner(held)
  if (owner !== undefined && (await isAlive(owner, path))) {
    throw new SpillwayError(
      'ERR_SPILLWAY_LOCKED',
      `${path} is held by process ${owner.pid} on ${owner.host}, which is still running. Wait for it to end, or stop it.`,
      { place: { path } },
    )
  }
  const replaceLock = `${path}.${createHash('sha256').update(held).digest('hex').slice(0, 16)}`
  await acquire(replaceLock, text)
  try {
    if ((await readText(path)) !== held) return false
    await rename(draft, path)
    return true
  } finally {
    await rm(replaceLock, { force: true }).catch(() => {})
  }
}

async function isAlive(owner: Owner, path: string): Promise<boolean> {
  if (owner.host !== hostname()) return isKeptFresh(path)
  const { boot, began } = await describe(owner.pid)
  if (owner.boot !== boot) return false
  return isRunning(owner.pid) && owner.began === began
}

/** Whether a process of this machine is running. A process of another user counts as running. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return errnoOf(cause) === 'EPERM'
  }
}

/**
 * Whether the time of the file changes during a wait. It is compared with itself, because clocks of machines differ.
 */
async function isKeptFresh(path: string): Promise<boolean> {
  const before = await modifiedAt(path)
  await new Promise((resolve) => setTimeout(resolve, STALE_AFTER_MS))
  return before !== (await modifiedAt(path))
}

async function modifiedAt(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs
  } catch {
    return undefined
  }
}

async function describe(pid: number): Promise<Owner> {
  const boot = (await readText('/proc/sys/kernel/random/boot_id'))?.trim() ?? ''
  const status = (await readText(`/proc/${pid}/stat`)) ?? ''
  // The name of the process is in parentheses and may contain any character. The twentieth field after it is the start
  // time (proc(5)).
  const began = status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  return { host: hostname(), boot, pid, began }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    return undefined
  }
}

/** Undefined for a text that is not from an owner. A hard link is never read half written. */
function parseOwner(text: string): Owner | undefined {
  try {
    const owner = JSON.parse(text) as Partial<Owner>
    const { host, boot, pid, began } = owner
    const isOwner = typeof host === 'string' && typeof boot === 'string' && typeof began === 'string'
    return isOwner && Number.isSafeInteger(pid) && (pid as number) > 0 ? (owner as Owner) : undefined
  } catch {
    return undefined
  }
}
