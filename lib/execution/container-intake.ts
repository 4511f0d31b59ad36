/**
 * Puts one container's records into the stream graph of its phase: as they are made, or together when the container has
 * ended.
 */
import type { CheckpointSchedule } from './checkpoint-schedule.ts'
import type { ContainerProgress } from './container-progress.ts'
import { ContainerSpool } from './container-spool.ts'
import type { Interruptible } from '../core/interruptible.ts'
import type { Segment } from '../core/batch.ts'
import type { ResultRecord } from '../core/record.ts'
import type { PhaseInput } from '../streaming/phase-chain.ts'
import type { PhaseCommits } from './run-context.ts'

/** Receives each record as it is accepted, its phase and container filled in. A promise it returns is awaited. */
export type ResultCallback = (record: ResultRecord) => unknown

/** Takes the records of a container. */
export interface ContainerIntake {
  /**
   * Takes records that follow each other; `firstSeq` is the number of the first one within the container. A promise it
   * returns must be awaited before the next ones.
   */
  take(records: readonly ResultRecord[], firstSeq: number): Promise<void> | undefined
  /**
   * The container has ended well.
   *
   * @param done - called when its last record has entered the graph, before a checkpoint can follow
   */
  end(done: () => void): Promise<void>
  /** The container has failed, or was stopped. */
  abandon(): Promise<void>
}

/** What a {@link DirectIntake} needs. */
interface DirectIntakeOptions {
  readonly progress: ContainerProgress
  readonly input: PhaseInput
  readonly checkpoints: CheckpointSchedule | undefined
  readonly commits: PhaseCommits | undefined
  /** Fills in the missing fields of a record. */
  readonly complete: (record: ResultRecord) => ResultRecord
  readonly resultCallback: ResultCallback | undefined
  /** Waits for the callback, until the phase is stopped. */
  readonly interruptible: Interruptible
}

/** Passes records on as they come, except those that an earlier run has written. */
export class DirectIntake implements ContainerIntake {
  readonly #options: DirectIntakeOptions
  readonly #segment: Segment & { firstSeq: number }

  constructor(options: DirectIntakeOptions) {
    this.#options = options
    this.#segment = { count: 0, containerIndex: options.progress.index, iteration: 0, attempt: 1, firstSeq: 0 }
  }

  take(made: readonly ResultRecord[], firstSeq: number): Promise<void> | undefined {
    const { progress, commits, complete, resultCallback, interruptible } = this.#options
    const completed = made.map(complete)
    const records = progress.newOf(completed, firstSeq)
    const known = completed.length - records.length
    if (known > 0) commits?.noteDeduplicated(known)
    if (records.length === 0) return undefined
    const seq = firstSeq + known
    if (resultCallback === undefined) return this.#feed(records, seq)
    return showEach(records, resultCallback, interruptible).then(() => this.#feed(records, seq))
  }

  async end(done: () => void): Promise<void> {
    done()
  }

  async abandon(): Promise<void> {}

  #feed(records: readonly ResultRecord[], firstSeq: number): Promise<void> | undefined {
    const { progress, input, checkpoints } = this.#options
    // One object for all records of the container: the buffer copies what it keeps.
    this.#segment.firstSeq = firstSeq
    const wait = input.add(records, this.#segment)
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

async function showEach(
  records: readonly ResultRecord[],
  callback: ResultCallback,
  interruptible: Interruptible,
): Promise<void> {
  for (const record of records) {
    const shown = callback(record)
    if (isPromise(shown)) await interruptible.wait(shown)
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function'
}
