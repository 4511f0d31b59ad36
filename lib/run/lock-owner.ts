/**
 * The process that holds a lock, and whether it is running.
 */
import { readFile, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { errnoOf } from '../core/errors.ts'

/** How often an owner updates the time of its file, and how long other processes wait for an update. */
export const BEAT_MS = 2000
const STALE_AFTER_MS = 3 * BEAT_MS

/** The process that holds a lock. */
export interface Owner {
  readonly host: string
  /** Id of the machine's boot; empty where the operating system does not provide it. */
  readonly boot: string
  readonly pid: number
  /** Start time of the process in units of the operating system; empty where it is not provided. */
  readonly began: string
}

/**
 * Whether an owner is running.
 *
 * @param path - its lock file
 */
export async function isAlive(owner: Owner, path: string): Promise<boolean> {
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

/** The owner with this process id on this machine. */
export async function describe(pid: number): Promise<Owner> {
  const boot = (await readText('/proc/sys/kernel/random/boot_id'))?.trim() ?? ''
  const status = (await readText(`/proc/${pid}/stat`)) ?? ''
  // The name of the process is in parentheses and may contain any character. The twentieth field after it is the start
  // time (proc(5)).
  const began = status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  return { host: hostname(), boot, pid, began }
}

/** Undefined for a text that is not from an owner. A hard link is never read half written. */
export function parseOwner(text: string): Owner | undefined {
  try {
    const owner = JSON.parse(text) as Partial<Owner>
    const { host, boot, pid, began } = owner
    const isOwner = typeof host === 'string' && typeof boot === 'string' && typeof began === 'string'
    return isOwner && Number.isSafeInteger(pid) && (pid as number) > 0 ? (owner as Owner) : undefined
  } catch {
    return undefined
  }
}

/** Undefined for a file that cannot be read. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    return undefined
  }
}
