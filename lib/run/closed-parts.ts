/**
 * The records of the phases of a run, found through its journal: a phase may have any number of parts.
 */
import { resolveFieldNames } from '../core/record.ts'
import type { Journal } from '../journal/journal.ts'
import type { PartClosedEntry } from '../journal/entries.ts'
import { PhaseResults } from './phase-results.ts'
import { readJournal } from '../journal/reader.ts'
import type { RunDirectory } from './directory.ts'
import type { ResolvedWorkflow } from '../workflow/types.ts'

/** Makes references to the records of phases. */
export class JournaledResults {
  readonly #directory: RunDirectory
  readonly #workflow: ResolvedWorkflow
  readonly #journal: Pick<Journal, 'state' | 'settle'>

  constructor(directory: RunDirectory, workflow: ResolvedWorkflow, journal: Pick<Journal, 'state' | 'settle'>) {
    this.#directory = directory
    this.#workflow = workflow
    this.#journal = journal
  }

  /** The phase's records; how many there are is known when its files are complete. */
  of(phase: string): PhaseResults {
    const { results } = this.#workflow
    const { workflowId, path } = this.#directory
    return new PhaseResults({
      workflowId,
      phase,
      directory: path,
      parts: () => this.#closedParts(phase),
      extent: () => {
        const { commit } = this.#journal.state.phase(phase)
        return {
          rows: commit?.counts.written ?? 0,
          bytes: commit?.counts.bytesWritten ?? 0,
          schema: commit?.schema ?? null,
        }
      },
      containerField: resolveFieldNames(results === false ? undefined : results.fields).container,
    })
  }

  async *#closedParts(phase: string): AsyncGenerator<PartClosedEntry> {
    await this.#journal.settle()
    yield* closedParts(this.#directory.path, phase)
  }
}

/**
 * The parts of a phase that are complete and hold, one by one. Memory: an entry for each part that was dropped.
 *
 * @param directory - that of the run
 * @throws {SpillwayError} as `readJournal` does
 */
export async function* closedParts(directory: string, phase: string): AsyncGenerator<PartClosedEntry> {
  // What is told of a file before it was dropped does not hold any more; the name may be used again.
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
