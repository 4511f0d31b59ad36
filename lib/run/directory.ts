/**
 * The directory of one run: `<outputDir>/<workflow id>/`. Only one process can claim it for a new run.
 */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { ioError, makeDirectory, syncDirectory } from '../../sinks/files/file-target.ts'
import { replaceFile } from '../../sinks/files/replace-file.ts'
import { errnoOf, messageOf, SpillwayError } from '../core/errors.ts'
import { encodeName } from '../core/names.ts'
import { JOURNAL_DIRECTORY } from '../journal/journal.ts'
import { ResultsDirectory } from '../streaming/results-directory.ts'
import type { ResolvedWorkflow } from '../workflow/types.ts'

/** Greatest number of runs of one name that can start in the same second. */
const MAX_SAME_SECOND = 1000

/** The name of a file in the journal: its path in the run directory, with slashes. */
export function fileName(directory: string, path: string): string {
  return relative(directory, path).replaceAll(sep, '/')
}

/** The directory of a phase's parts. */
export function partsPath(directory: string, phase: string): string {
  return new ResultsDirectory(directory).phasePath(encodeName(phase, 'phase'))
}

/** The directory of a phase's aggregates log; see `AggregatesLog`. Readers of the results do not need it. */
export function aggregatesPath(directory: string, phase: string): string {
  return join(directory, JOURNAL_DIRECTORY, 'aggregates', encodeName(phase, 'phase'))
}

/** The directory of temporary files, which are not needed after the process has ended. */
export function spoolPath(directory: string): string {
  return join(directory, 'spool')
}

/** A claimed run directory. */
export interface RunDirectory {
  readonly workflowId: string
  readonly path: string
}

/**
 * Makes the directory of a new run. A workflow without an id gets an id from its name and the current time in UTC, such
 * as `search-20260101T120000Z`.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_EXISTS` when the directory is not empty, `ERR_SPILLWAY_NAME`, `ERR_SPILLWAY_IO`
 */
export async function claimRunDirectory(outputDir: string, { id, name }: ResolvedWorkflow): Promise<RunDirectory> {
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

/**
 * Writes `workflow.json` and makes it durable. The file is written whole or not at all.
 *
 * @returns the SHA-256 of its bytes, in hexadecimal
 * @throws {SpillwayError} `ERR_SPILLWAY_IO`
 */
export async function writeWorkflow(directory: string, workflow: ResolvedWorkflow): Promise<string> {
  const text = `${JSON.stringify({ workflow }, null, 2)}\n`
  await replaceFile(join(directory, 'workflow.json'), text)
  return createHash('sha256').update(text).digest('hex')
}

/**
 * Reads a JSON file of a run.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_JOURNAL` when it is missing, not readable, or not JSON
 */
export async function readRunFile<Content>(path: string): Promise<Content> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Content
  } catch (cause) {
    throw new SpillwayError('ERR_SPILLWAY_JOURNAL', `Cannot read ${path}: ${messageOf(cause)}. Restore the file.`, {
      cause,
      place: { path },
    })
  }
}

async function claim(outputDir: string, workflowId: string): Promise<RunDirectory> {
  const path = join(outputDir, encodeName(workflowId, 'workflow id'))
  await makeDirectory(path)
  try {
    const [found] = await readdir(path)
    if (found !== undefined) throw taken(path, found)
    // If two processes reach this line, mkdir succeeds for only one of them.
    await mkdir(join(path, JOURNAL_DIRECTORY))
    await syncDirectory(path)
    await syncDirectory(outputDir)
  } catch (cause) {
    if (cause instanceof SpillwayError) throw cause
    throw errnoOf(cause) === 'EEXIST' ? taken(path, JOURNAL_DIRECTORY) : ioError('make the directory', path, cause)
  }
  return { workflowId, path }
}

function taken(path: string, found: string): SpillwayError {
  return new SpillwayError(
    'ERR_SPILLWAY_EXISTS',
    `${path} already contains another run (${found}). Choose another \`id\` or another directory.`,
    { place: { path } },
  )
}
