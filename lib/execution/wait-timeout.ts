/**
 * A time limit for waits on code from outside the toolkit, which may never settle.
 */

/** Aborts a signal when one wait takes longer than the limit. All waits share one timer. */
export class WaitTimeout implements Disposable {
  readonly #controller = new AbortController()
  readonly #timer: NodeJS.Timeout
  #waiting = false

  /**
   * @param limitMs - longest duration of one wait, in milliseconds
   * @param reason - makes the reason of the abort
   */
  constructor(limitMs: number, reason: () => Error) {
    this.#timer = setTimeout(() => {
      if (this.#waiting) this.#controller.abort(reason())
    }, limitMs)
  }

  /** The signal that aborts when a wait takes longer than the limit. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Starts a wait and its time limit. */
  begin(): void {
    this.#waiting = true
    this.#timer.refresh()
  }

  /** Ends the wait. */
  end(): void {
    this.#waiting = false
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }
}
