/**
 * The complete parts of a phase, found through the journal: a phase may have any number of them.
 */
import type { PartClosedEntry } from './entries.ts'
import { readJournal } from './reader.ts'

/**
 * The parts of a phase that are complete and not dropped, one by one. Memory: an entry for each part that was dropped.
 *
 * @param directory - that of the run
 * @throws {SpillwayError} as `readJournal` does
 */
export async function* closedParts(directory: string, phase: string): AsyncGenerator<PartClosedEntry> {
  // Entries of a file before it was dropped do not hold any more; its name may be used again.
  const droppedAt = new Map<string, number>()
  let line = 0
  for await (const entry of readJournal(directory)) {
    line += 1
    if (entry.type === 'part-dropped' && entry.phase === phase) droppedAt.set(entry.file, line)
  }
  line = 0
  for await (const entry of readJournal(directory)) {
    line += 1
    if (entry.type !== 'part-closed' || entry.phase !== phase) continue
    if (line > (droppedAt.get(entry.file) ?? 0)) yield entry
  }
}
