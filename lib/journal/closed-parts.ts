/**
 * The complete parts of a phase, found through the journal: a phase may have any number of them.
 */
import { basename } from 'node:path'
import { partNumber } from '../../sinks/files/part-names.ts'
import type { JournalEntry, PartClosedEntry } from './entries.ts'
import { readJournal } from './reader.ts'

/** From which number on the parts are dropped whose entries are before a line of the journal. */
interface Drop {
  readonly line: number
  readonly from: number
}

/**
 * The parts of a phase that are complete and not dropped, one by one. Memory: two numbers for each time that parts were
 * dropped.
 *
 * @param directory - that of the run
 * @throws {SpillwayError} as `readJournal` does
 */
export async function* closedParts(directory: string, phase: string): AsyncGenerator<PartClosedEntry> {
  const drops: Drop[] = []
  let line = 0
  for await (const entry of readJournal(directory)) {
    line += 1
    const from = droppedFrom(entry, phase)
    if (from !== undefined) drops.push({ line, from })
  }
  line = 0
  for await (const entry of readJournal(directory)) {
    line += 1
    if (entry.type !== 'part-closed' || entry.phase !== phase) continue
    const number = numberOf(entry.file)
    if (!drops.some((drop) => drop.line > line && drop.from <= number)) yield entry
  }
}

/** The number of the first part of a phase that an entry drops; undefined when it drops none. */
export function droppedFrom(entry: JournalEntry, phase: string): number | undefined {
  if (!('phase' in entry) || entry.phase !== phase) return undefined
  if (entry.type === 'phase-reset') return 0
  if (entry.type !== 'parts-dropped') return undefined
  return entry.from === null ? 0 : numberOf(entry.from)
}

/** The number of a part, by the name of its file in the journal. */
export function numberOf(file: string): number {
  return partNumber(basename(file))
}
