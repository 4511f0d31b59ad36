/**
 * Commits of one phase. The order makes them safe: records on the disk, then aggregates, then the line of the journal.
 */
import { rm } from 'node:fs/promises'
import { basename } from 'node:path'
import type { PartSchema } from '../../sinks/part.ts'
import type { AggregatesLog } from '../journal/aggregates-log.ts'
import { NO_CONTAINERS, readContainerLog, type ContainerLog } from '../journal/container-log.ts'
import type { CommitEntry, CommittedOpenRows } from '../journal/entries.ts'
import type { Journal } from '../journal/journal.ts'
import type { CommitProgress } from '../execution/commit-progress.ts'
import type { OpenRows } from '../core/marker.ts'
import type { Checkpoint } from '../streaming/checkpoint.ts'
import type { PhaseGraph } from '../streaming/phase-graph.ts'
import type { ResultGraphs } from '../streaming/result-graphs.ts'
import { containersPath, fileName, openRowsPath } from './directory.ts'
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

/** A checkpoint with the CRC-32 of the bytes of each file that it covers. */
interface SummedCheckpoint extends Checkpoint {
  readonly crc32: number | null
  readonly openRows: (OpenRows & { readonly crc32: number | null }) | null
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

  async checkpoint(progress: CommitProgress): Promise<void> {
    await this.#write(progress, await this.#graph.checkpoint((checkpoint) => this.#withChecksums(checkpoint)))
  }

  async complete(progress: CommitProgress): Promise<void> {
    await this.#write(progress, this.#withChecksums(this.#graph.finalCheckpoint()))
  }

  get #graph(): PhaseGraph {
    return this.#options.graphs.router.graph(this.#options.phase)
  }

  /** The checksums are those of the bytes passed to the files so far, so this must be called where a marker passes. */
  #withChecksums(checkpoint: Checkpoint): SummedCheckpoint {
    const { crc32 } = this.#options
    const { path, openRows } = checkpoint
    return {
      ...checkpoint,
      crc32: path === null ? null : crc32(path),
      openRows: openRows && { ...openRows, crc32: crc32(openRows.path) },
    }
  }

  async #write(progress: CommitProgress, checkpoint: SummedCheckpoint): Promise<void> {
    const { path, offsetBytes, rows, crc32, openRows, counts, states } = checkpoint
    const { phase, directory, graphs, journal, log, containers, schema } = this.#options
    const [position, begun] = await Promise.all([
      states === null ? null : log.write(states.added, states.all),
      // The containers of `progress` have begun already, so their ids are among these.
      containers.commit(),
      graphs.syncRejections(),
    ])
    const earlier = journal.state.phase(phase).commit
    // A resumed phase without a file of its own continues with the last file of the earlier run.
    const before = path === null ? earlier : undefined
    journal.append({
      type: 'commit',
      phase,
      file: before?.file ?? (path === null ? null : fileName(directory, path)),
      offsetBytes: before?.offsetBytes ?? offsetBytes,
      rows: before?.rows ?? rows,
      crc32: before === undefined ? crc32 : before.crc32,
      schema: schema(),
      openRows: openRows && committed(openRows),
      counts,
      containers: begun,
      aggregates: position,
      ...progress,
    })
    await journal.commit()
    if (position !== null) await log.sweep(position)
    // While rows are open, the two files replace each other.
    if (earlier?.openRows && openRows === null) {
      await rm(openRowsPath(directory, phase), { recursive: true, force: true })
    }
  }
}

function committed({ path, bytes, rows, crc32 }: NonNullable<SummedCheckpoint['openRows']>): CommittedOpenRows {
  return { file: basename(path), bytes, rows, crc32 }
}
