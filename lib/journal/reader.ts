/**
 * Reads the journal of a run, line by line. A line that a crash has cut short is no line.
 */
import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { errnoOf, messageOf, SpillwayError } from '../core/errors.ts'
import { JOURNAL_DIRECTORY, segmentName, segmentNumber } from './journal.ts'
import { JOURNAL_FORMAT, type JournalEntry } from './entries.ts'
import { RunState } from './run-state.ts'

/**
 * The entries of a run's journal, in order, the header first. Memory: one line.
 *
 * @param directory - that of the run
 * @throws {SpillwayError} `ERR_SPILLWAY_JOURNAL` when there is none, it is damaged, or of another version;
 *   `ERR_SPILLWAY_IO`
 */
export async function* readJournal(directory: string): AsyncGenerator<JournalEntry, void, undefined> {
  for (const number of await listSegments(directory)) yield* readSegment(pathOf(directory, number), number)
}

/**
 * What a journal tells of its run, by its last segment that is whole: a crash may have cut one off before it repeated what
 * was known.
 *
 * @param directory - that of the run
 * @throws {SpillwayError} as {@link readJournal} does
 */
export async function readRunState(directory: string): Promise<RunState> {
  const segments = await listSegments(directory)
  for (const number of segments.toReversed()) {
    const state = await readState(pathOf(directory, number), number)
    if (state === undefined) continue
    // The next one gets a number of its own.
    state.segment = segments.at(-1) ?? number
    return state
  }
  throw malformed(pathOf(directory, segments[0] ?? 1), 1, 'its header is missing')
}

/**
 * Checks that a directory is that of a run.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_JOURNAL` when it has no journal, `ERR_SPILLWAY_IO`
 */
export async function expectJournal(directory: string): Promise<void> {
  await listSegments(directory)
}

/** Undefined for a segment that was cut off. */
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
  const journal = join(directory, JOURNAL_DIRECTORY)
  try {
    const numbers = (await readdir(journal)).flatMap((name) => segmentNumber(name) ?? [])
    if (numbers.length > 0) return numbers.sort((one, other) => one - other)
  } catch (cause) {
    if (errnoOf(cause) !== 'ENOENT' && errnoOf(cause) !== 'ENOTDIR') throw unreadable(journal, cause)
  }
  throw new SpillwayError(
    'ERR_SPILLWAY_JOURNAL',
    `${directory} is not the directory of a run: it has no ${JOURNAL_DIRECTORY}. Name the one that holds workflow.json.`,
    { place: { path: directory } },
  )
}

/** Of a later segment whose header was cut off there are no lines. */
async function* readSegment(path: string, segment: number): AsyncGenerator<JournalEntry, void, undefined> {
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity })
  let number = 0
  let damaged: number | undefined
  try {
    for await (const line of lines) {
      number += 1
      // Only the last line can be one that was cut short.
      if (damaged !== undefined) throw malformed(path, damaged, 'it is no JSON object')
      const entry = parseEntry(line)
      if (entry === undefined) damaged = number
      else {
        if (number === 1) checkHeader(entry, path)
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
  if (entry.type !== 'header') throw malformed(path, 1, 'it is no header')
  if (entry.format === JOURNAL_FORMAT) return
  const { format, spillway } = entry
  const reason = `its format ${format} is not ${JOURNAL_FORMAT}: it was written by spillway ${spillway}, so use that`
  throw malformed(path, 1, reason)
}

function malformed(path: string, line: number, reason: string): SpillwayError {
  return new SpillwayError('ERR_SPILLWAY_JOURNAL', `Line ${line} of ${path} cannot be read: ${reason}.`, {
    place: { path, line },
  })
}

function unreadable(path: string, cause: unknown): SpillwayError {
  return new SpillwayError('ERR_SPILLWAY_IO', `Cannot read ${path}: ${messageOf(cause)}`, { cause, place: { path } })
}
