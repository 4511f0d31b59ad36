/**
 * Reads the journal of a run, line by line. An incomplete last line, left by a crash, is ignored.
 */
import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { errnoOf, messageOf, SpillwayError } from '../core/errors.ts'
import { expectValue, text } from '../core/options.ts'
import { JOURNAL_DIRECTORY, segmentName, segmentNumber } from './journal.ts'
import { JOURNAL_FORMAT, type JournalEntry } from './entries.ts'
import { isWithinRun, refuseLinks } from './run-files.ts'
import { RunState } from './run-state.ts'

/**
 * Reads all entries of a run's journal, in order; each segment starts with its header. Memory: one line.
 *
 * @param directory - the run directory
 * @throws {SpillwayError} `ERR_SPILLWAY_JOURNAL` when the journal is missing, damaged, or has another version;
 *   `ERR_SPILLWAY_IO`
 */
export async function* readJournal(directory: string): AsyncGenerator<JournalEntry, void, undefined> {
  for (const number of await listSegments(directory)) yield* readSegment(pathOf(directory, number), number)
}

/**
 * Reads the state of a run from the last complete segment of its journal. A crash may have left a segment that does not
 * repeat the whole state; such a segment is skipped. Memory: the state.
 *
 * @param directory - the run directory
 * @throws {SpillwayError} as {@link readJournal} does
 */
export async function readRunState(directory: string): Promise<RunState> {
  const segments = await listSegments(directory)
  for (const number of segments.toReversed()) {
    const state = await readState(pathOf(directory, number), number)
    if (state === undefined) continue
    // The next segment gets a number that no file has.
    state.segment = segments.at(-1) ?? number
    return state
  }
  throw malformed(pathOf(directory, segments[0] ?? 1), 1, 'its header is missing')
}

/**
 * Checks that a directory is a run directory, in which no link leads to other places.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_JOURNAL` when it has no journal, or contains a link; `ERR_SPILLWAY_IO`
 */
export async function expectRunDirectory(directory: string): Promise<void> {
  await listSegments(directory)
  try {
    await refuseLinks(directory)
  } catch (cause) {
    throw cause instanceof SpillwayError ? cause : unreadable(directory, cause)
  }
}

/** Reads the state from one segment; undefined when the segment does not repeat the whole state. */
async function readState(path: string, number: number): Promise<RunState | undefined> {
  let state: RunState | undefined
  let missing = 0
  for await (const entry of readSegment(path, number)) {
    if (entry.type === 'header') {
      state = new RunState(entry.workflowId)
      missing = entry.repeated
    } else missing -= 1
    state?.note(entry)
  }
  return missing > 0 ? undefined : state
}

function pathOf(directory: string, segment: number): string {
  return join(directory, JOURNAL_DIRECTORY, segmentName(segment))
}

/** The numbers of all segments, ascending. */
async function listSegments(directory: string): Promise<number[]> {
  expectValue('directory', directory, text)
  const journal = join(directory, JOURNAL_DIRECTORY)
  try {
    const numbers = (await readdir(journal)).flatMap((name) => segmentNumber(name) ?? [])
    if (numbers.length > 0) return numbers.sort((one, other) => one - other)
  } catch (cause) {
    if (errnoOf(cause) !== 'ENOENT' && errnoOf(cause) !== 'ENOTDIR') throw unreadable(journal, cause)
  }
  throw new SpillwayError(
    'ERR_SPILLWAY_JOURNAL',
    `${directory} is not a run directory: it has no ${JOURNAL_DIRECTORY}. Give the directory that contains workflow.json.`,
    { place: { path: directory } },
  )
}

/** Reads one segment. The first segment must have a header; a later one without a complete header has no entries. */
async function* readSegment(path: string, segment: number): AsyncGenerator<JournalEntry, void, undefined> {
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity })
  let number = 0
  let damaged: number | undefined
  try {
    for await (const line of lines) {
      number += 1
      // A crash can damage only the last line.
      if (damaged !== undefined) throw malformed(path, damaged, 'it is not a JSON object')
      const entry = parseEntry(line)
      if (entry === undefined) damaged = number
      else {
        if (number === 1) checkHeader(entry, path)
        checkFile(entry, path, number)
        yield entry
      }
    }
  } catch (cause) {
    throw cause instanceof SpillwayError ? cause : unreadable(path, cause)
  }
  if (segment === 1 && (number === 0 || damaged === 1)) throw malformed(path, 1, 'its header is missing')
}

function parseEntry(line: string): JournalEntry | undefined {
  try {
    const entry: unknown = JSON.parse(line)
    const isEntry = typeof entry === 'object' && entry !== null && typeof (entry as JournalEntry).type === 'string'
    return isEntry ? (entry as JournalEntry) : undefined
  } catch {
    return undefined
  }
}

function checkHeader(entry: JournalEntry, path: string): void {
  if (entry.type !== 'header') throw malformed(path, 1, 'it is not a header')
  if (entry.format === JOURNAL_FORMAT) return
  const { format, spillway } = entry
  const reason = `its format is ${format}, not ${JOURNAL_FORMAT}. It was written by spillway ${spillway}: use that version`
  throw malformed(path, 1, reason)
}

function checkFile(entry: JournalEntry, path: string, line: number): void {
  const file = 'file' in entry ? entry.file : entry.type === 'parts-dropped' ? entry.from : null
  if (file !== null && !isWithinRun(file)) throw malformed(path, line, `${file} is not a file of the run`)
}

function malformed(path: string, line: number, reason: string): SpillwayError {
  return new SpillwayError('ERR_SPILLWAY_JOURNAL', `Line ${line} of ${path} cannot be read: ${reason}.`, {
    place: { path, line },
  })
}

function unreadable(path: string, cause: unknown): SpillwayError {
  return new SpillwayError('ERR_SPILLWAY_IO', `Cannot read ${path}: ${messageOf(cause)}`, { cause, place: { path } })
}
