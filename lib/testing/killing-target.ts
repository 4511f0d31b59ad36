/**
 * The part of the kit that runs in the killed process: files that count their operations and end the process by SIGKILL
 * at one of them. The process kills itself, because another process could not stop it at a given operation.
 */
import { writeSync } from 'node:fs'
import { expectValue } from '../core/options.ts'
import { openFileTarget, type OpenTarget } from '../../sinks/files/file-target.ts'
import type { FileOperation } from './faulty-target.ts'

/** The environment variable with the operation and the moment at which the process kills itself, such as `7 middle`. */
export const KILL_AT = 'SPILLWAY_KILL_AT'

/** The file descriptor on which a process reports its {@link Kill} to its parent. */
export const REPORT_FD = 3

/** When a process is killed: before an operation, after half of the bytes of a write, or after the operation. */
export type KillMoment = 'before' | 'middle' | 'after'

/** Where a process was killed. */
export interface Kill {
  /** Number of the operation, counted from 1 over all operations on all files. */
  readonly n: number
  /** Whether the process died before, during or after the operation. */
  readonly moment: KillMoment
  /** Operation at which the process died. */
  readonly operation: FileOperation
  /** The path that the file was opened with. */
  readonly path: string
}

/** Where this process kills itself; undefined if it does not. */
let killAt: { readonly n: number; readonly moment: KillMoment } | undefined
let operations = 0

/**
 * An `openTarget` for scripts that {@link killAtEveryWrite} and {@link killAtRandom} run, and kill at its operations.
 * In any other process it only opens files. The operations of all targets of a process are counted together.
 *
 * To repeat one kill, set `SPILLWAY_KILL_AT` to the number of an operation and `before`, `middle` or `after`.
 *
 * @param open - opens the files. Default: real files
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION` if the variable has an invalid value
 */
export function killingTarget(open: OpenTarget = openFileTarget): OpenTarget {
  killAt ??= readKillAt()
  if (killAt === undefined) return open
  return async (path, mode) => {
    const file = await performOrDie('open', path, () => open(path, mode))
    return {
      initialBytes: file.initialBytes,
      write: (bytes) =>
        performOrDie(
          'write',
          path,
          () => file.write(bytes),
          () => file.write(bytes.subarray(0, bytes.length >> 1)),
        ),
      sync: () => performOrDie('sync', path, () => file.sync()),
      truncate: (bytes) => performOrDie('truncate', path, () => file.truncate(bytes)),
      close: () => performOrDie('close', path, () => file.close()),
    }
  }
}

function readKillAt(): typeof killAt {
  const value = process.env[KILL_AT]
  if (value === undefined) return undefined
  expectValue(KILL_AT, value, {
    expected: 'a number from 1 up and before, middle or after',
    accepts: (given) => /^[1-9]\d* (before|middle|after)$/.test(given as string),
  })
  // Removed, because it is not meant for the processes that this one starts.
  Reflect.deleteProperty(process.env, KILL_AT)
  const [n, moment] = value.split(' ')
  return { n: Number(n), moment: moment as KillMoment }
}

/** Performs an operation, or kills the process at it. Without `performHalf`, `middle` is the same as `before`. */
async function performOrDie<Result>(
  operation: FileOperation,
  path: string,
  perform: () => Promise<Result>,
  performHalf?: () => Promise<void>,
): Promise<Result> {
  const n = ++operations
  if (n !== killAt?.n) return perform()
  const moment = killAt.moment === 'middle' && performHalf === undefined ? 'before' : killAt.moment
  try {
    if (moment === 'after') await perform()
    if (moment === 'middle') await performHalf?.()
  } finally {
    // Also when the operation fails: a run without a kill would end `killAtEveryWrite`.
    die({ n, moment, operation, path })
  }
}

/** Ends the process. It is synchronous, so that no other code of the process runs after it. */
function die(kill: Kill): never {
  try {
    writeSync(REPORT_FD, JSON.stringify(kill))
  } catch {
    // Started by hand, without a parent that reads the report.
  }
  process.kill(process.pid, 'SIGKILL')
  throw new Error('The process still runs after SIGKILL')
}
