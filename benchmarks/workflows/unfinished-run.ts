/**
 * Runs that were killed after all records were committed but before their last container had ended, and processes that
 * resume them.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'

const CONTAINERS = 10

/** A run that can be resumed. */
export interface UnfinishedRun {
  /** The parent of the run directory. */
  readonly outputDir: string
  /** Committed records of the one container that has not ended. */
  readonly unfinishedRecords: number
}

/** The task of a process. */
export interface RunTask {
  readonly outputDir: string
  /** Number of records of each container; after them the last container waits to be killed. Null to resume the run. */
  readonly recordsByContainer: readonly number[] | null
  readonly containers: number
}

/**
 * Makes a run of one phase, in a new process that kills itself when `records` records are committed.
 *
 * @throws {Error} if the process ends in another way
 */
export async function makeUnfinishedRun(outputDir: string, records: number): Promise<UnfinishedRun> {
  const share = Math.floor(records / CONTAINERS)
  const unfinishedRecords = records - (CONTAINERS - 1) * share
  const ended = Array.from({ length: CONTAINERS - 1 }, () => share)
  const child = start({ outputDir, containers: CONTAINERS, recordsByContainer: [...ended, unfinishedRecords] })
  await once(child, 'exit')
  if (child.signalCode !== 'SIGKILL')
    throw new Error(`The process of the run in ${outputDir} ended before it was killed`)
  return { outputDir, unfinishedRecords }
}

/**
 * Resumes a run in a new process, until its first container starts.
 *
 * @returns the number of records of that container that are already in the files
 * @throws {Error} if no container starts
 */
export async function resumeUntilContainer(outputDir: string): Promise<number> {
  const child = start({ outputDir, containers: CONTAINERS, recordsByContainer: null })
  const exit = once(child, 'exit').then(() => [])
  const [answer] = (await Promise.race([once(child, 'message'), exit])) as [number?]
  child.kill('SIGKILL')
  if (answer === undefined) throw new Error(`The run in ${outputDir} was not resumed`)
  return answer
}

function start(task: RunTask): ChildProcess {
  const extension = extname(import.meta.url)
  return fork(new URL(`./run-child${extension}`, import.meta.url), [JSON.stringify(task)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // Without the loader of the tests, which takes seconds to start.
    ...(extension === '.ts' && {
      execArgv: ['--import', import.meta.resolve('tsx')],
      env: { ...process.env, NODE_OPTIONS: '' },
    }),
  })
}
