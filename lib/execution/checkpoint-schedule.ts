/**
 * When a phase makes a checkpoint: after a number of records, or a time. One at a time: records that come while the disk is
 * busy are covered by the next one.
 */
import { MAX_TIMER_MS } from '../core/timers.ts'

/** When to make checkpoints, and how. */
interface CheckpointScheduleOptions {
  readonly everyRecords: number
  readonly everyMs: number
  /** Makes a checkpoint. */
  readonly make: () => Promise<void>
  /** Called when one has failed. */
  readonly onFailure: (error: unknown) => void
}

/** Makes the checkpoints of one phase. */
export class CheckpointSchedule {
  readonly #options: CheckpointScheduleOptions
  #records = 0
  #making: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #holds = 0
  #isDue = false
  #stopped = false

  constructor(options: CheckpointScheduleOptions) {
    this.#options = options
  }

  /** Counts records that have entered the graph. */
  note(records: number): void {
    this.#records += records
    const { everyRecords, everyMs } = this.#options
    if (this.#records >= everyRecords) this.#makeOne()
    else if (this.#timer === undefined && everyMs <= MAX_TIMER_MS && !this.#stopped) {
      this.#timer = setTimeout(() => {
        this.#timer = undefined
        this.#makeOne()
      }, everyMs)
    }
  }

  /** Holds checkpoints back until {@link release}, while records that belong together enter the graph. */
  hold(): void {
    this.#holds += 1
  }

  release(): void {
    this.#holds -= 1
    if (this.#isDue) this.#makeOne()
  }

  /** Stops, and waits for a checkpoint that has begun. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#making
  }

  #makeOne(): void {
    if (this.#stopped || this.#making !== undefined) return
    this.#isDue = this.#holds > 0
    if (this.#isDue) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#records = 0
    this.#making = this.#make()
  }

  async #make(): Promise<void> {
    const { make, onFailure, everyRecords } = this.#options
    try {
      await make()
    } catch (error) {
      onFailure(error)
      this.#stopped = true
    }
    this.#making = undefined
    if (this.#records >= everyRecords) this.#makeOne()
    else if (this.#records > 0) this.note(0)
  }
}
