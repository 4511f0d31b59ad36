/**
 * The side of a process that is to be killed: files that count what is done with them, and end the process by SIGKILL at
 * an operation. Only from inside can a process be killed at a place that is known; from outside it has gone on meanwhile.
 */
import { writeSync } from 'node:fs'
import { expectValue } from '../core/options.ts'
import { openFileTarget, type OpenTarget } from '../../sinks/files/file-target.ts'
import type { FileOperation } from './faulty-target.ts'

/** The environment variable that tells a process where it dies: the number of an operation and a moment, `7 middle`. */
export const KILL_AT = 'SPILLWAY_KILL_AT'

/** The file descriptor by which a process tells its parent where it dies. */
export const REPORT_FD = 3

/** When a process dies: before an operation, when half of the bytes of a write are in the file, or after it. */
export type KillMoment = 'before' | 'middle' | 'after'

/** Where a process died. */
export interface Kill {
  /** Number of the operation, counted from 1 over all operations on all files. */
  readonly n: number
  /** Whether the process died before, during or after the operation. */
  readonly moment: KillMoment
  /** Operation at which the process died. */
  readonly operation: FileOperation
  /** The file, by the name it was opened by. */
  readonly path: string
}

/** Where this process dies, if anywhere. */
let killAt: { readonly n: number; readonly moment: KillMoment } | undefined
let operations = 0

/**
 * Opens files at whose operations {@link killAtEveryWrite} and {@link killAtRandom} kill the process. In a process they
 * did not start it opens files and nothing more. All targets of a process count together.
 *
 * To see one kill again, set `SPILLWAY_KILL_AT` to the number of an operation and `before`, `middle` or `after`.
 *
 * @param open - opens the files: real ones unless told otherwise
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION`: the variable is not what it must be
 */
export function killingTarget(open: OpenTarget = openFileTarget): OpenTarget {
  killAt ??= takeKillAt()
  if (killAt === undefined) return open
  return async (path, mode) => {
    const file = await around('open', path, () => open(path, mode))
    return {
      initialBytes: file.initialBytes,
      write: (bytes) =>
        around(
          'write',
          path,
          () => file.write(bytes),
          () => file.write(bytes.subarray(0, bytes.length >> 1)),
        ),
      sync: () => around('sync', path, () => file.sync()),
      truncate: (bytes) => around('truncate', path, () => file.truncate(bytes)),
      close: () => around('close', path, () => file.close()),
    }
  }
}

function takeKillAt(): typeof killAt {
  const value = process.env[KILL_AT]
  if (value === undefined) return undefined
  expectValue(KILL_AT, value, {
    expected: 'a number from 1 up and before, middle or after',
    accepts: (given) => /^[1-9]\d* (before|middle|after)$/.test(given as string),
  })
  // It is meant for this process, not for those that this one starts.
  Reflect.deleteProperty(process.env, KILL_AT)
  const [n, moment] = value.split(' ')
  return { n: Number(n), moment: moment as KillMoment }
}

/** Performs an operation, unless the process dies of it. What has no half to perform has no middle. */
async function around<Result>(
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
    // Of an operation that fails, too: a run that is not killed would be the last.
    die({ n, moment, operation, path })
  }
}

/** Ends the process. It is synchronous, so that nothing else happens in it any more. */
function die(kill: Kill): never {
  try {
    writeSync(REPORT_FD, JSON.stringify(kill))
  } catch {
    // Started by hand: nobody asked to be told.
  }
  process.kill(process.pid, 'SIGKILL')
  throw new Error('A process has outlived SIGKILL')
}
