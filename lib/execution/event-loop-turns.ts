/**
 * Returns to the event loop during long synchronous work, so that signals, timers and file operations are handled.
 */
import { performance } from 'node:perf_hooks'
import { setImmediate } from 'node:timers/promises'

/** Longest time that work may block the event loop, if it checks {@link EventLoopTurns.due} often enough. */
const MAX_TURN_MS = 20

/** Decides when long synchronous work must return to the event loop. */
export class EventLoopTurns {
  #turnedAtMs = performance.now()

  /** Whether more than {@link MAX_TURN_MS} have passed since the last {@link take}. */
  get due(): boolean {
    return performance.now() - this.#turnedAtMs > MAX_TURN_MS
  }

  /** Resolves after one turn of the event loop. */
  async take(): Promise<void> {
    await setImmediate()
    this.#turnedAtMs = performance.now()
  }
}
