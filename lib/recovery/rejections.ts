/**
 * Reads the rejections of a run back, line by line.
 */
import { open } from 'node:fs/promises'
import { ioError } from '../../sinks/files/file-target.ts'
import { errnoOf } from '../core/errors.ts'
import { ResultsDirectory } from '../streaming/results-directory.ts'

/** A line of `dead-letter.jsonl`. */
interface RejectionLine {
  readonly text: string
  /** Empty for a line that was cut short. */
  readonly phase: string
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
    await using file = await open(path)
    for await (const text of file.readLines({ autoClose: false })) yield { text, phase: phaseOf(text) }
  } catch (cause) {
    if (errnoOf(cause) !== 'ENOENT') throw ioError('read', path, cause)
  }
}

function phaseOf(line: string): string {
  try {
    const { phase } = JSON.parse(line) as { phase?: unknown }
    return typeof phase === 'string' ? phase : ''
  } catch {
    return ''
  }
}
