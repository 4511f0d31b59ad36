/**
 * When a phase makes a checkpoint: after so many records, or so much time. One at a time: while the disk is busy records
 * add up, and the next checkpoint covers them all.
 */
import { performance } from 'node:perf_hooks'
import { MAX_TIMER_MS } from '../core/timers.ts'

/** After this time a checkpoint may not be declined any more, however few records it covers. */
const MAX_WAIT_MS = 60_000

/** When to make checkpoints, and how. */
interface CheckpointScheduleOptions {
  readonly everyRecords: number
  readonly everyMs: number
  /** Makes one, and tells whether it was not declined. */
  readonly make: (mayWait: boolean) => Promise<boolean>
  /** Told when one has failed. */
  readonly onFailure: (error: unknown) => void
}

/** Makes the checkpoints of one phase. */
export class CheckpointSchedule {
  readonly #options: CheckpointScheduleOptions
  #records = 0
  #making: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #madeAtMs = performance.now()
  #holds = 0
  #isDue = false
  #stopped = false

  constructor(options: CheckpointScheduleOptions) {
    this.#options = options
  }

  /** Notes records that are on their way. */
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

  /** Lets no checkpoint begin until {@link release}: records that belong together are on their way. */
  hold(): void {
    this.#holds += 1
  }

  release(): void {
    this.#holds -= 1
    if (this.#isDue) this.#makeOne()
  }

  /** Makes no more of them, and waits for the one under way. */
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
    const startedAtMs = performance.now()
    let isDeclined = false
    try {
      isDeclined = !(await make(startedAtMs - this.#madeAtMs < MAX_WAIT_MS))
      if (!isDeclined) this.#madeAtMs = startedAtMs
    } catch (error) {
      onFailure(error)
      this.#stopped = true
    }
    this.#making = undefined
    if (this.#records >= everyRecords) this.#makeOne()
    // Records that were declined are asked for again, also when none follow them.
    else if (this.#records > 0 || isDeclined) this.note(0)
  }
}
