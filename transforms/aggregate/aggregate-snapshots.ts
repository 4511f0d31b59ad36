/**
 * A Readable of snapshots that are computed only when they are read. Without a reader, nothing is computed and nothing
 * is queued. A slow reader gets the latest state each time.
 */
import { Readable } from 'node:stream'
import type { AggregateSummary } from './summaries.ts'
import { MAX_TIMER_MS } from '../../lib/core/timers.ts'

/** Emits snapshots at intervals, and a final one at the end. Memory: one snapshot. */
export class AggregateSnapshots extends Readable {
  readonly #intervalMs: number
  readonly #takeSnapshot: () => AggregateSummary
  #timer: NodeJS.Timeout | null = null
  /** Whether the interval since the last snapshot has not passed yet. */
  #isPaused = false
  #wanted = false
  #final = false

  /** @param intervalMs - minimum time between two snapshots, except before the final one */
  constructor(intervalMs: number, takeSnapshot: () => AggregateSummary) {
    // With a high-water mark of 0, a snapshot is requested only after the previous one was read.
    super({ objectMode: true, highWaterMark: 0 })
    this.#intervalMs = intervalMs
    this.#takeSnapshot = takeSnapshot
  }

  /** Marks the state as final: the next snapshot is the last one. */
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
    if (!this.#wanted || this.destroyed || (this.#isPaused && !this.#final)) return
    this.#wanted = false
    if (!this.#final) this.#pauseUntilDue()
    this.push(this.#takeSnapshot())
    if (this.#final) this.push(null)
  }

  #pauseUntilDue(): void {
    this.#isPaused = true
    if (this.#intervalMs > MAX_TIMER_MS) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#isPaused = false
      this.#deliver()
    }, this.#intervalMs)
    this.#timer.unref()
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }
}
