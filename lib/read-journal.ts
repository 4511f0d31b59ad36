/**
 * Reads the journal of a run, line by line. A line that a crash has cut short is no line.
 */
import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { errnoOf, messageOf, SpillwayError } from './core/errors.ts'
import { JOURNAL_DIRECTORY } from './journal.ts'
import { JOURNAL_FORMAT, type JournalEntry } from './journal-entries.ts'

/**
 * The entries of a run's journal, in order, the header first. Memory: one line.
 *
 * @param directory - that of the run
 * @throws {SpillwayError} `ERR_SPILLWAY_JOURNAL` when there is none, it is damaged, or of another version;
 *   `ERR_SPILLWAY_IO`
 */
export async function* readJournal(directory: string): AsyncGenerator<JournalEntry, void, undefined> {
  for (const segment of await listSegments(directory)) yield* readSegment(segment)
}

async function listSegments(directory: string): Promise<string[]> {
  const journal = join(directory, JOURNAL_DIRECTORY)
  try {
    const names = (await readdir(journal)).filter((name) => /^\d{8}\.jsonl$/.test(name)).sort()
    if (names.length > 0) return names.map((name) => join(journal, name))
  } catch (cause) {
    if (errnoOf(cause) !== 'ENOENT' && errnoOf(cause) !== 'ENOTDIR') throw unreadable(journal, cause)
  }
  throw new SpillwayError(
    'ERR_SPILLWAY_JOURNAL',
    `${directory} is not the directory of a run: it has no ${JOURNAL_DIRECTORY}. Name the one that holds workflow.json.`,
    { place: { path: directory } },
  )
}

async function* readSegment(path: string): AsyncGenerator<JournalEntry, void, undefined> {
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
  if (number === 0 || damaged === 1) throw malformed(path, 1, 'its header is missing')
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
