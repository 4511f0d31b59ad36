/**
 * Lets the event loop turn during long synchronous work, so that signals, timers and the disk get their time.
 */
import { performance } from 'node:perf_hooks'
import { setImmediate } from 'node:timers/promises'

/** Longest time that work keeps the event loop to itself, where it looks at {@link EventLoopTurns.due} often enough. */
const MAX_TURN_MS = 20

/** Tells when it is time to let the event loop turn. */
export class EventLoopTurns {
  #turnedAtMs = performance.now()

  /** Whether the loop has not turned for {@link MAX_TURN_MS}, as far as {@link take} knows. */
  get due(): boolean {
    return performance.now() - this.#turnedAtMs > MAX_TURN_MS
  }

  /** Resolves after the event loop has turned. */
  async take(): Promise<void> {
    await setImmediate()
    this.#turnedAtMs = performance.now()
  }
}
