/**
 * Claims the directory of a new run: `<outputDir>/<workflow id>/`. The lock decides which of two processes gets it.
 */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ioError, makeDirectory, syncDirectory } from '../../sinks/files/file-target.ts'
import { draftPath } from '../../sinks/files/replace-file.ts'
import { errnoOf, SpillwayError } from '../core/errors.ts'
import { encodeName } from '../core/names.ts'
import { JOURNAL_DIRECTORY, segmentName } from '../journal/journal.ts'
import type { ResolvedWorkflow } from '../workflow/types.ts'
import { WORKFLOW_FILE, type RunDirectory } from './directory.ts'
import { isLockFile, LOCK_FILE, RunLock } from './lock.ts'

/** Greatest number of runs of one name that can start in the same second. */
const MAX_SAME_SECOND = 1000

const FIRST_SEGMENT = segmentName(1)

/** What a run has written before its journal names the workflow. No phase has started by then. */
const FIRST_FILES: readonly string[] = [JOURNAL_DIRECTORY, WORKFLOW_FILE, draftPath(WORKFLOW_FILE)]

/** A directory that this process has claimed. */
export interface ClaimedDirectory extends RunDirectory {
  /** The lock of the directory. */
  readonly lock: RunLock
}

/**
 * Makes and locks the directory of a new run. A workflow without an id gets an id from its name and the current time in
 * UTC, such as `search-20260101T120000Z`. What a run left behind that was stopped before it started is removed.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_EXISTS` when the directory is not empty, or another process claims it;
 *   `ERR_SPILLWAY_NAME`, `ERR_SPILLWAY_IO`
 */
export async function claimRunDirectory(outputDir: string, { id, name }: ResolvedWorkflow): Promise<ClaimedDirectory> {
  if (id !== null) return claim(outputDir, id)
  const stem = `${name}-${new Date().toISOString().replace(/[-:]|\.\d+/g, '')}`
  for (let attempt = 1; ; attempt++) {
    try {
      return await claim(outputDir, attempt === 1 ? stem : `${stem}-${attempt}`)
    } catch (error) {
      const taken = error instanceof SpillwayError && error.code === 'ERR_SPILLWAY_EXISTS'
      if (!taken || attempt === MAX_SAME_SECOND) throw error
    }
  }
}

async function claim(outputDir: string, workflowId: string): Promise<ClaimedDirectory> {
  const path = join(outputDir, encodeName(workflowId, 'workflow id'))
  await makeDirectory(path)
  // Before the lock, so that no file is created in a directory of another user.
  await expectFree(path)
  const lock = await lockOrTaken(path)
  try {
    // Another process may have run the whole workflow since.
    await expectFree(path)
    await makeJournalDirectory(path)
    await syncDirectory(path)
    await syncDirectory(outputDir)
  } catch (cause) {
    await lock[Symbol.asyncDispose]()
    throw cause instanceof SpillwayError ? cause : ioError('make the directory', path, cause)
  }
  return { workflowId, path, lock }
}

async function lockOrTaken(path: string): Promise<RunLock> {
  try {
    return await RunLock.take(path)
  } catch (error) {
    throw error instanceof SpillwayError && error.code === 'ERR_SPILLWAY_LOCKED' ? taken(path, LOCK_FILE) : error
  }
}

/** Leaves an empty `journal/`. */
async function makeJournalDirectory(path: string): Promise<void> {
  const journal = join(path, JOURNAL_DIRECTORY)
  await mkdir(journal).catch((cause: unknown) => {
    if (errnoOf(cause) !== 'EEXIST') throw cause
  })
  await rm(join(journal, FIRST_SEGMENT), { force: true })
}

/** Checks that a directory holds nothing but what a run leaves behind that was stopped before it started. */
async function expectFree(path: string): Promise<void> {
  try {
    const found = (await readdir(path, { withFileTypes: true })).filter(({ name }) => !isLockFile(name))
    const other = found.find(({ name }) => !FIRST_FILES.includes(name))
    if (other !== undefined) throw taken(path, other.name)
    const [first] = found
    if (first === undefined) return
    const journal = found.find(({ name }) => name === JOURNAL_DIRECTORY)
    if (journal?.isDirectory() !== true) throw taken(path, first.name)
    // The first segment is durable before workflow.json is written: without its header, that file is not of a run.
    const lines = await countLines(join(path, JOURNAL_DIRECTORY))
    if (lines > 1 || (lines === 0 && found.length > 1)) throw taken(path, JOURNAL_DIRECTORY)
  } catch (cause) {
    throw cause instanceof SpillwayError ? cause : ioError('read', path, cause)
  }
}

/** The number of complete lines in the first segment; Infinity for a journal with more files. */
async function countLines(journal: string): Promise<number> {
  const names = await readdir(journal)
  if (names.some((name) => name !== FIRST_SEGMENT)) return Infinity
  try {
    return (await readFile(join(journal, FIRST_SEGMENT), 'utf8')).split('\n').length - 1
  } catch (cause) {
    // Also when a process that claims the directory has just removed it.
    if (errnoOf(cause) === 'ENOENT') return 0
    throw cause
  }
}

function taken(path: string, found: string): SpillwayError {
  return new SpillwayError(
    'ERR_SPILLWAY_EXISTS',
    `${path} already contains another run (${found}). Choose another \`id\` or another directory.`,
    { place: { path } },
  )
}
