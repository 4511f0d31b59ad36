/**
 * Keeps two processes from working in one run directory. The owner is known by its machine, the boot of that and its
 * process with the time it began, so neither a crash nor a reboot leaves an owner behind; an owner on another machine is
 * known to live by the file's time, which it keeps fresh.
 */
import { createHash, randomBytes } from 'node:crypto'
import { constants, copyFile, link, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { ioError } from '../../sinks/files/file-target.ts'
import { errnoOf, SpillwayError } from '../core/errors.ts'

/** The file within the run directory. */
export const LOCK_FILE = 'run.lock'

/** How often an owner says that it lives, and how long others wait for that. */
const BEAT_MS = 2000
const STALE_AFTER_MS = 3 * BEAT_MS

/** What file systems say that have no hard links. */
const NO_LINKS: readonly string[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']

/** Who holds a lock. */
interface Owner {
  readonly host: string
  /** Identifies the boot of the machine; empty where the system does not tell. */
  readonly boot: string
  readonly pid: number
  /** When the process began, as the system counts; empty where it does not tell. */
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
   * Takes the lock of a run directory.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_LOCKED` when another process that lives, or this one, holds it;
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

  /** Gives the lock back. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#beat)
    // Somebody on another machine may have taken it, thinking that this process was gone.
    if ((await readText(this.#path)) === this.#text) await rm(this.#path, { force: true }).catch(() => {})
  }
}

async function acquire(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomBytes(8).toString('hex')}`
  try {
    await writeNew(draft, text)
    while (!(await tryToLink(draft, path)) && !(await tryToSucceed(draft, path, text)));
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
 * A link comes into being with its content, or not at all; on a file system without links the copy may be seen half
 * written by somebody who asks at that very moment.
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
 * Puts the draft in the place of an owner that is gone. Many may find that it is, and one that comes late must not remove
 * the lock of the one that came first: so it takes a lock on the place of that very owner, and looks again.
 *
 * @returns false when the place has changed hands meanwhile
 * @throws {SpillwayError} `ERR_SPILLWAY_LOCKED` for an owner, or a successor, that lives
 */
async function tryToSucceed(draft: string, path: string, text: string): Promise<boolean> {
  const held = await readText(path)
  if (held === undefined) return false
  const owner = parseOwner(held)
  if (owner !== undefined && (await lives(owner, path))) {
    throw new SpillwayError(
      'ERR_SPILLWAY_LOCKED',
      `${path} is held by process ${owner.pid} on ${owner.host}, which is at work there. Wait for it, or stop it.`,
      { place: { path } },
    )
  }
  const succession = `${path}.${createHash('sha256').update(held).digest('hex').slice(0, 16)}`
  await acquire(succession, text)
  try {
    if ((await readText(path)) !== held) return false
    await rename(draft, path)
    return true
  } finally {
    await rm(succession, { force: true }).catch(() => {})
  }
}

async function lives(owner: Owner, path: string): Promise<boolean> {
  if (owner.host !== hostname()) return isKeptFresh(path)
  const { boot, began } = await describe(owner.pid)
  if (owner.boot !== boot) return false
  return isRunning(owner.pid) && owner.began === began
}

/** Whether a process of this machine runs, or may. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return errnoOf(cause) === 'EPERM'
  }
}

/** Whether the file's time changes while we wait: clocks of machines differ, so it is compared with itself. */
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
  // Its name, in parentheses, may hold anything; the twentieth field behind it is the time it began (proc(5)).
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

/** Undefined for what is none of ours: a link is never seen half written. */
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
