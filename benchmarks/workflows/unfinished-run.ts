/**
 * Runs that were killed when the records of all but their last container's end were committed, and processes that go on
 * with them.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'

const CONTAINERS = 10

/** A run that waits to be resumed. */
export interface UnfinishedRun {
  /** The run is in a directory of this one. */
  readonly outputDir: string
  /** Committed records of the one container that has not ended. */
  readonly unfinishedRecords: number
}

/** What the process of a run is told. */
export interface RunTask {
  readonly outputDir: string
  /** How many records each container makes, before the last one waits to be killed; null to resume the run. */
  readonly recordsByContainer: readonly number[] | null
  readonly containers: number
}

/**
 * Makes a run of one phase, in a process of its own that kills itself when so many records are committed.
 *
 * @throws {Error} if the process ends in another way
 */
export async function makeUnfinishedRun(outputDir: string, records: number): Promise<UnfinishedRun> {
  const share = Math.floor(records / CONTAINERS)
  const unfinishedRecords = records - (CONTAINERS - 1) * share
  const ended = Array.from({ length: CONTAINERS - 1 }, () => share)
  const child = start({ outputDir, containers: CONTAINERS, recordsByContainer: [...ended, unfinishedRecords] })
  await once(child, 'exit')
  if (child.signalCode !== 'SIGKILL') throw new Error(`The run in ${outputDir} was not killed when it was due`)
  return { outputDir, unfinishedRecords }
}

/**
 * Resumes a run in a process of its own, from the start of that until a container is run.
 *
 * @returns how many records of that container are in the files already
 * @throws {Error} if no container is run
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
    // The loader of the tests takes seconds to begin.
    ...(extension === '.ts' && {
      execArgv: ['--import', import.meta.resolve('tsx')],
      env: { ...process.env, NODE_OPTIONS: '' },
    }),
  })
}
