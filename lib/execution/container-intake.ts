/**
 * The way of one container's records into the stream graph of its phase: record by record as they are made, or all
 * together when the container has ended.
 */
import type { CheckpointSchedule } from './checkpoint-schedule.ts'
import type { ContainerProgress } from './container-progress.ts'
import { ContainerSpool } from './container-spool.ts'
import type { ResultRecord } from '../core/record.ts'
import type { PhaseFeed } from './phase-feed.ts'
import type { PhaseCommits } from './run-context.ts'

/** Receives each record as it is accepted, its phase and container filled in. A promise it returns is awaited. */
export type ResultCallback = (record: ResultRecord) => void | Promise<void>

/** Takes the records of a container. */
export interface ContainerIntake {
  /**
   * Takes records that follow each other; `firstSeq` is the number of the first one within the container. A promise it
   * returns is to be awaited before the next ones.
   */
  take(records: readonly ResultRecord[], firstSeq: number): Promise<void> | undefined
  /**
   * The container has ended well.
   *
   * @param done - called when its last record is on its way, before a checkpoint can come
   */
  end(done: () => void): Promise<void>
  /** The container has failed, or was stopped. */
  abandon(): Promise<void>
}

/** What a {@link DirectIntake} works with. */
interface DirectIntakeOptions {
  readonly progress: ContainerProgress
  readonly feed: PhaseFeed
  readonly checkpoints: CheckpointSchedule | undefined
  readonly commits: PhaseCommits | undefined
  /** Fills in what a record lacks. */
  readonly complete: (record: ResultRecord) => ResultRecord
  readonly resultCallback: ResultCallback | undefined
}

/** Feeds records as they come, but for those that an earlier run has written. */
export class DirectIntake implements ContainerIntake {
  readonly #options: DirectIntakeOptions

  constructor(options: DirectIntakeOptions) {
    this.#options = options
  }

  take(made: readonly ResultRecord[], firstSeq: number): Promise<void> | undefined {
    const { progress, commits, complete, resultCallback } = this.#options
    const completed = made.map(complete)
    const records = progress.newOf(completed, firstSeq)
    const known = completed.length - records.length
    if (known > 0) commits?.noteDeduplicated(known)
    if (records.length === 0) return undefined
    const seq = firstSeq + known
    if (resultCallback === undefined) return this.#feed(records, seq)
    return showEach(records, resultCallback).then(() => this.#feed(records, seq))
  }

  async end(done: () => void): Promise<void> {
    done()
  }

  async abandon(): Promise<void> {}

  #feed(records: readonly ResultRecord[], firstSeq: number): Promise<void> | undefined {
    const { progress, feed, checkpoints } = this.#options
    const wait = feed.add(records, { count: 0, containerIndex: progress.index, iteration: 0, attempt: 1, firstSeq })
    progress.note(records)
    checkpoints?.note(records.length)
    return wait
  }
}

/** Keeps records until their container has ended. */
export class SpooledIntake implements ContainerIntake {
  readonly #direct: DirectIntake
  readonly #spool: ContainerSpool
  readonly #enter: (work: () => Promise<void>) => Promise<void>

  /** @param enter - runs what must neither mix with its like nor be cut in two by a checkpoint */
  constructor(direct: DirectIntake, spoolDirectory: string, enter: (work: () => Promise<void>) => Promise<void>) {
    this.#direct = direct
    this.#spool = new ContainerSpool(spoolDirectory)
    this.#enter = enter
  }

  take(records: readonly ResultRecord[]): Promise<void> | undefined {
    return this.#spool.add(records)
  }

  async end(done: () => void): Promise<void> {
    await this.#enter(async () => {
      let seq = 0
      for await (const records of this.#spool.drain()) {
        await this.#direct.take(records, seq)
        seq += records.length
      }
      done()
    })
    await this.#spool.discard()
  }

  abandon(): Promise<void> {
    return this.#spool.discard()
  }
}

async function showEach(records: readonly ResultRecord[], callback: ResultCallback): Promise<void> {
  for (const record of records) await callback(record)
}
