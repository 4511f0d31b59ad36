/**
 * The places in the directory of one run: `<outputDir>/<workflow id>/`.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { replaceFile } from '../../sinks/files/replace-file.ts'
import { messageOf, SpillwayError } from '../core/errors.ts'
import { encodeName, quoteForShell } from '../core/names.ts'
import { JOURNAL_DIRECTORY } from '../journal/journal.ts'
import { ResultsDirectory } from '../streaming/results-directory.ts'
import type { ResolvedWorkflow } from '../workflow/types.ts'

/** The file with the workflow, for users. */
export const WORKFLOW_FILE = 'workflow.json'

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

/** The directory of a phase's container ids; see `ContainerLog`. */
export function containersPath(directory: string, phase: string): string {
  return join(directory, JOURNAL_DIRECTORY, 'containers', encodeName(phase, 'phase'))
}

/** The directory of the committed records that are in no row group yet, in that of a run; see `OpenRows`. */
export const OPEN_ROWS_DIRECTORY = join(JOURNAL_DIRECTORY, 'open-rows')

/** The part of {@link OPEN_ROWS_DIRECTORY} for one phase. */
export function openRowsPath(directory: string, phase: string): string {
  return join(directory, OPEN_ROWS_DIRECTORY, encodeName(phase, 'phase'))
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
 * Writes `workflow.json` and makes it durable. The file is written whole or not at all.
 *
 * @returns the SHA-256 of its bytes, in hexadecimal
 * @throws {SpillwayError} `ERR_SPILLWAY_IO`
 */
export async function writeWorkflow(directory: string, workflow: ResolvedWorkflow): Promise<string> {
  const text = `${JSON.stringify({ workflow }, null, 2)}\n`
  await replaceFile(join(directory, WORKFLOW_FILE), text)
  return createHash('sha256').update(text).digest('hex')
}

/**
 * Reads a JSON file of a run that can be made from its journal.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_JOURNAL` when it is missing, not readable, or not JSON
 */
export async function readRunFile<Content>(path: string): Promise<Content> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Content
  } catch (cause) {
    throw new SpillwayError(
      'ERR_SPILLWAY_JOURNAL',
      `Cannot read ${path}: ${messageOf(cause)}. Make the file anew: \`spillway repair ${quoteForShell(dirname(path))}\`.`,
      { cause, place: { path } },
    )
  }
}
