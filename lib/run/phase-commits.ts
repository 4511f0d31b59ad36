/**
 * Commits of one phase: what a checkpoint covers is on the disk, then its aggregates are, and then a line of the journal
 * says so.
 */
import type { PartSchema } from '../../sinks/part.ts'
import type { AggregatesLog } from '../journal/aggregates-log.ts'
import type { Marker } from '../core/batch.ts'
import type { Journal } from '../journal/journal.ts'
import type { CommitProgress } from '../execution/commit-progress.ts'
import { CheckpointMarker, type CheckpointTally } from '../streaming/checkpoint-marker.ts'
import type { PhaseGraph } from '../streaming/phase-graph.ts'
import type { ResultStreamer } from '../result-streamer.ts'
import { fileName } from './directory.ts'
import type { PhaseCommits } from '../execution/run-context.ts'

/** What the commits of a phase are made of. */
interface JournaledCommitsOptions {
  readonly phase: string
  /** Directory of the run. */
  readonly directory: string
  readonly spoolDirectory: string
  readonly streamer: ResultStreamer
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

  makeMarker(mayWait: boolean): CheckpointMarker {
    return this.#graph.makeCheckpoint(mayWait)
  }

  async commit(progress: CommitProgress, marker?: Marker): Promise<boolean> {
    const tally = marker instanceof CheckpointMarker ? await marker.tally() : this.#graph.takeTally()
    if (tally === null) return false
    await this.#write(progress, tally)
    return true
  }

  get #graph(): PhaseGraph {
    return this.#options.streamer.graphOf(this.#options.phase)
  }

  async #write(
    progress: CommitProgress,
    { path, offsetBytes, rows, counts, aggregates }: CheckpointTally,
  ): Promise<void> {
    const { phase, directory, streamer, journal, log, schema } = this.#options
    const [extent] = await Promise.all([
      aggregates === null ? null : log.write(aggregates.added, aggregates.all),
      streamer.syncRejections(),
    ])
    // Before its first own file a resumed phase has those of the run before.
    const before = path === null ? journal.state.phase(phase).commit : undefined
    journal.append({
      type: 'commit',
      phase,
      file: before?.file ?? (path === null ? null : fileName(directory, path)),
      offsetBytes: before?.offsetBytes ?? offsetBytes,
      rows: before?.rows ?? rows,
      schema: schema(),
      counts,
      aggregates: extent,
      ...progress,
    })
    await journal.commit()
    if (extent !== null) await log.sweep(extent)
  }
}
