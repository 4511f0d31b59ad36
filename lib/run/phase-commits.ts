/**
 * Commits of one phase. The order makes them safe: records on the disk, then aggregates, then the line of the journal.
 */
import type { PartSchema } from '../../sinks/part.ts'
import type { AggregatesLog } from '../journal/aggregates-log.ts'
import { NO_CONTAINERS, readContainerLog, type ContainerLog } from '../journal/container-log.ts'
import type { CommitEntry } from '../journal/entries.ts'
import type { Journal } from '../journal/journal.ts'
import type { CommitProgress } from '../execution/commit-progress.ts'
import type { Checkpoint } from '../streaming/checkpoint.ts'
import type { PhaseGraph } from '../streaming/phase-graph.ts'
import type { ResultGraphs } from '../streaming/result-graphs.ts'
import { containersPath, fileName } from './directory.ts'
import type { EarlierContainers, PhaseCommits } from '../execution/run-context.ts'

/** What the commits of a phase need. */
interface JournaledCommitsOptions {
  readonly phase: string
  /** Directory of the run. */
  readonly directory: string
  readonly spoolDirectory: string
  readonly graphs: ResultGraphs
  readonly journal: Journal
  readonly log: AggregatesLog
  readonly containers: ContainerLog
  readonly earlier: CommitEntry | undefined
  /** The columns of the phase's last file. */
  readonly schema: () => PartSchema | null
  /** The CRC-32 of a file up to now; null for a file that was truncated. */
  readonly crc32: (path: string) => number | null
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

  knownContainers(): EarlierContainers {
    const { phase, directory, earlier } = this.#options
    const position = earlier?.containers ?? NO_CONTAINERS
    return { count: position.count, ids: readContainerLog(containersPath(directory, phase), position) }
  }

  noteContainer(id: string): Promise<void> | undefined {
    return this.#options.containers.add(id)
  }

  noteDeduplicated(records: number): void {
    this.#graph.noteDeduplicated(records)
  }

  async checkpoint(progress: CommitProgress, mayDecline: boolean): Promise<boolean> {
    let crc32: number | null = null
    const checkpoint = await this.#graph.checkpoint(mayDecline, ({ path }) => {
      crc32 = this.#crc32Of(path)
    })
    if (checkpoint === null) return false
    await this.#write(progress, checkpoint, crc32)
    return true
  }

  async complete(progress: CommitProgress): Promise<void> {
    const checkpoint = this.#graph.finalCheckpoint()
    await this.#write(progress, checkpoint, this.#crc32Of(checkpoint.path))
  }

  get #graph(): PhaseGraph {
    return this.#options.graphs.router.graph(this.#options.phase)
  }

  #crc32Of(path: string | null): number | null {
    return path === null ? null : this.#options.crc32(path)
  }

  async #write(progress: CommitProgress, checkpoint: Checkpoint, crc32: number | null): Promise<void> {
    const { path, offsetBytes, rows, counts, states } = checkpoint
    const { phase, directory, graphs, journal, log, containers, schema } = this.#options
    const [position, begun] = await Promise.all([
      states === null ? null : log.write(states.added, states.all),
      // The containers of `progress` have begun already, so their ids are among these.
      containers.commit(),
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
      crc32: before === undefined ? crc32 : before.crc32,
      schema: schema(),
      counts,
      containers: begun,
      aggregates: position,
      ...progress,
    })
    await journal.commit()
    if (position !== null) await log.sweep(position)
  }
}
