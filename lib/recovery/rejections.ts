/**
 * Reads the rejections of a run back, line by line, and cuts them to those that are committed.
 */
import { existsSync } from 'node:fs'
import { CheckedLines, readCheckedLines } from '../../sinks/files/checked-lines.ts'
import { ioError } from '../../sinks/files/file-target.ts'
import { replaceFile } from '../../sinks/files/replace-file.ts'
import { errnoOf, SpillwayError } from '../core/errors.ts'
import { ResultsDirectory } from '../streaming/results-directory.ts'

/** A line of `dead-letter.jsonl`. */
interface RejectionLine {
  readonly json: string
  /** Null for a line that is damaged or was cut short. */
  readonly phase: string | null
}

/**
 * The rejections in the order in which they came; none when there is no file. Memory: one line.
 *
 * @param directory - that of the run
 * @throws {SpillwayError} `ERR_SPILLWAY_IO`
 */
export async function* readRejections(directory: string): AsyncGenerator<RejectionLine, void, undefined> {
  const path = new ResultsDirectory(directory).deadLetterPath
  try {
    for await (const { json, isIntact } of readCheckedLines(path))
      yield { json, phase: isIntact ? phaseOf(json) : null }
  } catch (cause) {
    if (errnoOf(cause) !== 'ENOENT') throw cause instanceof SpillwayError ? cause : ioError('read', path, cause)
  }
}

/**
 * Keeps the committed number of rejections of each phase, which are its first ones: they are in order of arrival.
 *
 * @param committed - the committed number of rejections by phase
 * @throws {SpillwayError} `ERR_SPILLWAY_JOURNAL` when committed ones are missing or damaged; `ERR_SPILLWAY_IO`
 */
export async function cutRejections(directory: string, committed: ReadonlyMap<string, number>): Promise<void> {
  const path = new ResultsDirectory(directory).deadLetterPath
  const left = new Map(committed)
  if (existsSync(path)) await replaceFile(path, committedLines(directory, left))
  else expectNone(path, left)
}

async function* committedLines(directory: string, left: Map<string, number>): AsyncGenerator<string> {
  const lines = new CheckedLines()
  for await (const { json, phase } of readRejections(directory)) {
    const before = phase === null ? 0 : (left.get(phase) ?? 0)
    if (phase === null || before === 0) continue
    left.set(phase, before - 1)
    yield lines.make(json)
  }
  // Before the file is replaced: what is damaged in it stays where it can be looked at.
  expectNone(new ResultsDirectory(directory).deadLetterPath, left)
}

function expectNone(path: string, left: ReadonlyMap<string, number>): void {
  for (const [phase, missing] of left) {
    if (missing === 0) continue
    throw new SpillwayError(
      'ERR_SPILLWAY_JOURNAL',
      `${path} lacks ${missing} committed rejections of phase ${JSON.stringify(phase)}, or they are damaged. Restore the file, or run the phase again with --accept-changes ${phase}.`,
      { place: { phase, path } },
    )
  }
}

function phaseOf(json: string): string | null {
  const { phase } = JSON.parse(json) as { phase?: unknown }
  return typeof phase === 'string' ? phase : null
}
