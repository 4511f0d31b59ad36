/**
 * A Readable of snapshots that are made when somebody reads, and not before: while nobody reads nothing is computed
 * and nothing queues up, and who reads slowly gets the latest state each time.
 */
import { Readable } from 'node:stream'
import type { AggregateSummary } from './summaries.ts'
import { MAX_TIMER_MS } from '../../lib/core/timers.ts'

/** Snapshots at intervals, and a last one when all is over. */
export class AggregateSnapshots extends Readable {
  readonly #intervalMs: number
  readonly #takeSnapshot: () => AggregateSummary
  #timer: NodeJS.Timeout | null = null
  /** Whether the interval since the last snapshot has yet to pass. */
  #resting = false
  #wanted = false
  #final = false

  /** @param intervalMs - least time between two snapshots, the final one excepted */
  constructor(intervalMs: number, takeSnapshot: () => AggregateSummary) {
    // With a mark of 0 a snapshot is asked for only once the one before has been read.
    super({ objectMode: true, highWaterMark: 0 })
    this.#intervalMs = intervalMs
    this.#takeSnapshot = takeSnapshot
  }

  /** Says that the state is final: the next snapshot is the last one. */
  finish(): void {
    if (this.#final) return
    this.#final = true
    this.#stopTimer()
    this.#deliver()
  }

  override _read(): void {
    this.#wanted = true
    this.#deliver()
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#stopTimer()
    callback(error)
  }

  #deliver(): void {
    if (!this.#wanted || this.destroyed || (this.#resting && !this.#final)) return
    this.#wanted = false
    if (!this.#final) this.#rest()
    this.push(this.#takeSnapshot())
    if (this.#final) this.push(null)
  }

  #rest(): void {
    this.#resting = true
    if (this.#intervalMs > MAX_TIMER_MS) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#resting = false
      this.#deliver()
    }, this.#intervalMs)
    this.#timer.unref()
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }
}
