/**
 * Reads the journal of a run, line by line, and checks it. What a crash left of a last line is ignored.
 */
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readCheckedLines, type CheckedLine } from '../../sinks/files/checked-lines.ts'
import { errnoOf, messageOf, SpillwayError } from '../core/errors.ts'
import { expectValue, text } from '../core/options.ts'
import { JOURNAL_DIRECTORY, segmentName, segmentNumber } from './journal.ts'
import { JOURNAL_FORMAT, type JournalEntry } from './entries.ts'
import { isWithinRun, refuseLinks } from './run-files.ts'
import { RunState } from './run-state.ts'

/** A last line that is complete but damaged. */
export interface DamagedEnd {
  readonly path: string
  readonly line: number
}

/** What the lines of a segment leave behind. */
interface SegmentEnd {
  /** The checksum of the last line that is intact; null without one. */
  readonly sum: number | null
  readonly damaged: DamagedEnd | null
}

/**
 * Reads all entries of a run's journal, in order; each segment starts with its header. Memory: one line.
 *
 * @param directory - the run directory
 * @returns the last line of the journal where it is complete but damaged: it is ignored, as one cut short is
 * @throws {SpillwayError} `ERR_SPILLWAY_JOURNAL` when the journal is missing, damaged, or has another version;
 *   `ERR_SPILLWAY_IO`
 */
export async function* readJournal(directory: string): AsyncGenerator<JournalEntry, DamagedEnd | null, undefined> {
  let end: SegmentEnd = { sum: null, damaged: null }
  for (const number of await listSegments(directory)) {
    end = yield* readSegment(pathOf(directory, number), number, end.sum)
  }
  return end.damaged
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
  let lastSum: number | null | undefined
  for (const number of segments.toReversed()) {
    const { state, sum } = await readState(pathOf(directory, number), number)
    if (lastSum === undefined) lastSum = sum
    if (state === undefined) continue
    // The next segment gets a number that no file has.
    state.segment = segments.length
    state.lastSum = lastSum
    return state
  }
  throw damagedJournal(pathOf(directory, 1), 1, 'its header is missing')
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
async function readState(path: string, number: number): Promise<{ state: RunState | undefined; sum: number | null }> {
  let state: RunState | undefined
  let missing = 0
  const segment = readSegment(path, number)
  let next = await segment.next()
  for (; next.done !== true; next = await segment.next()) {
    const entry = next.value
    if (entry.type === 'header') {
      state = new RunState(entry.workflowId)
      missing = entry.repeated
    } else missing -= 1
    state?.note(entry)
  }
  return { state: missing > 0 ? undefined : state, sum: next.value.sum }
}

function pathOf(directory: string, segment: number): string {
  return join(directory, JOURNAL_DIRECTORY, segmentName(segment))
}

/** The numbers of all segments: 1, 2, and so on. */
async function listSegments(directory: string): Promise<number[]> {
  expectValue('directory', directory, text)
  const journal = join(directory, JOURNAL_DIRECTORY)
  let numbers: number[]
  try {
    numbers = (await readdir(journal)).flatMap((name) => segmentNumber(name) ?? []).sort((one, other) => one - other)
  } catch (cause) {
    if (errnoOf(cause) !== 'ENOENT' && errnoOf(cause) !== 'ENOTDIR') throw unreadable(journal, cause)
    throw new SpillwayError(
      'ERR_SPILLWAY_JOURNAL',
      `${directory} is not a run directory: it has no ${JOURNAL_DIRECTORY}. Give the directory that contains workflow.json.`,
      { place: { path: directory } },
    )
  }
  const missing = numbers.findIndex((number, index) => number !== index + 1) + 1
  if (missing > 0 || numbers.length === 0) throw missingSegment(directory, Math.max(missing, 1))
  return numbers
}

/**
 * Reads one segment. The first segment must have a header; a later one without a complete header has no entries.
 *
 * @param before - the checksum of the last line of the segment before, where it is known
 */
async function* readSegment(
  path: string,
  segment: number,
  before?: number | null,
): AsyncGenerator<JournalEntry, SegmentEnd, undefined> {
  let sum: number | null = null
  let damaged: CheckedLine | undefined
  try {
    for await (const line of readCheckedLines(path)) {
      // A crash can damage only the last line.
      if (damaged !== undefined) throw damagedJournal(path, damaged.number, reasonOf(damaged))
      if (line.isIntact) {
        sum = line.sum
        const entry = entryOf(line, path)
        if (before !== undefined) expectLink(path, entry, before)
        yield entry
      } else {
        damaged = line
        if (line.number === 1) checkVersion(line.json, path)
      }
    }
  } catch (cause) {
    throw cause instanceof SpillwayError ? cause : unreadable(path, cause)
  }
  if (segment === 1 && sum === null) throw damagedJournal(path, 1, 'its header is missing')
  return { sum, damaged: damaged?.isEnded === true ? { path, line: damaged.number } : null }
}

/** The entry of an intact line. */
function entryOf({ json, number }: CheckedLine, path: string): JournalEntry {
  const entry = parseEntry(json)
  if (entry === undefined) throw damagedJournal(path, number, 'it is not an entry')
  if (number === 1) {
    if (entry.type !== 'header') throw damagedJournal(path, 1, 'it is not a header')
    checkVersion(json, path)
  } else if (entry.type === 'header') throw damagedJournal(path, number, 'a header is the first line only')
  checkFile(entry, path, number)
  return entry
}

function parseEntry(json: string): JournalEntry | undefined {
  try {
    const entry: unknown = JSON.parse(json)
    const isEntry = typeof entry === 'object' && entry !== null && typeof (entry as JournalEntry).type === 'string'
    return isEntry ? (entry as JournalEntry) : undefined
  } catch {
    return undefined
  }
}

/** Refuses a journal of another version. Its first line need not have a checksum. */
function checkVersion(json: string, path: string): void {
  const entry = parseEntry(json)
  if (entry?.type !== 'header' || entry.format === JOURNAL_FORMAT) return
  throw new SpillwayError(
    'ERR_SPILLWAY_JOURNAL',
    `The journal ${path} has format ${entry.format}, not ${JOURNAL_FORMAT}. It was written by spillway ${entry.spillway}: use that version.`,
    { place: { path, line: 1 } },
  )
}

/** Checks that a segment continues the one before. */
function expectLink(path: string, header: JournalEntry, before: number | null): void {
  if (header.type !== 'header' || header.after === before) return
  throw damagedJournal(path, 1, 'the lines before it, at the end of the segment before, are missing or were changed')
}

function reasonOf({ sum }: CheckedLine): string {
  return sum === null ? 'it has no checksum' : 'it does not match its checksum'
}

function checkFile(entry: JournalEntry, path: string, line: number): void {
  const file = 'file' in entry ? entry.file : entry.type === 'parts-dropped' ? entry.from : null
  if (file !== null && !isWithinRun(file)) throw damagedJournal(path, line, `${file} is not a file of the run`)
}

/**
 * The error of a journal that is damaged. Nothing can make its lines anew.
 *
 * @param path - that of the segment
 */
function damagedJournal(path: string, line: number, reason: string): SpillwayError {
  return new SpillwayError(
    'ERR_SPILLWAY_JOURNAL',
    `Line ${line} of ${path} cannot be read: ${reason}. ${restartRemedy(dirname(dirname(path)))}`,
    { place: { path, line } },
  )
}

function missingSegment(directory: string, number: number): SpillwayError {
  const path = pathOf(directory, number)
  return new SpillwayError(
    'ERR_SPILLWAY_JOURNAL',
    `The journal of ${directory} is damaged: ${path} is missing. ${restartRemedy(directory)}`,
    { place: { path } },
  )
}

/** What helps where the journal does not tell any more what the files hold. */
export function restartRemedy(directory: string): string {
  return `Restore the journal from a copy. Without one, remove ${directory} and run the workflow again.`
}

function unreadable(path: string, cause: unknown): SpillwayError {
  return new SpillwayError('ERR_SPILLWAY_IO', `Cannot read ${path}: ${messageOf(cause)}`, { cause, place: { path } })
}
