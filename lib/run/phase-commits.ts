/**
 * Commits of one phase. The order makes them safe: records on the disk, then aggregates, then the line of the journal.
 */
import type { PartSchema } from '../../sinks/part.ts'
import type { AggregatesLog } from '../journal/aggregates-log.ts'
import type { Journal } from '../journal/journal.ts'
import type { CommitProgress } from '../execution/commit-progress.ts'
import type { Checkpoint } from '../streaming/checkpoint.ts'
import type { PhaseGraph } from '../streaming/phase-graph.ts'
import type { ResultGraphs } from '../streaming/result-graphs.ts'
import { fileName } from './directory.ts'
import type { PhaseCommits } from '../execution/run-context.ts'

/** What the commits of a phase need. */
export interface JournaledCommitsOptions {
  readonly phase: string
  /** Directory of the run. */
  readonly directory: string
  readonly spoolDirectory: string
  readonly graphs: ResultGraphs
  readonly journal: Journal
  readonly log: AggregatesLog
  readonly earlier: CommitProgress | undefined
  /** The columns of the phase's last file. */
  readonly schema: () => PartSchema | null
}

/** Commits to the journal of a run. */
export class JournaledCommits implements PhaseCommits {
  readonly #options: JournaledCommitsOptions

  constructor(options: JournaledCommitsOptions) {
    this.#options = options
  }

  get earlier(): CommitProgress | undefined {
    return this.#options.earlier
  }

  get spoolDirectory(): string {
    return this.#options.spoolDirectory
  }

  noteDeduplicated(records: number): void {
    this.#graph.noteDeduplicated(records)
  }

  async checkpoint(progress: CommitProgress, mayDecline: boolean): Promise<boolean> {
    const checkpoint = await this.#graph.checkpoint(mayDecline)
    if (checkpoint === null) return false
    await this.#write(progress, checkpoint)
    return true
  }

  async complete(progress: CommitProgress): Promise<void> {
    await this.#write(progress, this.#graph.finalCheckpoint())
  }

  get #graph(): PhaseGraph {
    return this.#options.graphs.router.graph(this.#options.phase)
  }

  async #write(progress: CommitProgress, { path, offsetBytes, rows, counts, states }: Checkpoint): Promise<void> {
    const { phase, directory, graphs, journal, log, schema } = this.#options
    const [position] = await Promise.all([
      states === null ? null : log.write(states.added, states.all),
      graphs.syncRejections(),
    ])
    // A resumed phase without a file of its own continues with the last file of the earlier run.
    const before = path === null ? journal.state.phase(phase).commit : undefined
    journal.append({
      type: 'commit',
      phase,
      file: before?.file ?? (path === null ? null : fileName(directory, path)),
      offsetBytes: before?.offsetBytes ?? offsetBytes,
      rows: before?.rows ?? rows,
      schema: schema(),
      counts,
      aggregates: position,
      ...progress,
    })
    await journal.commit()
    if (position !== null) await log.sweep(position)
  }
}
