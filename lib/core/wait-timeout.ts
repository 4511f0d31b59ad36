/**
 * Waits of somebody else's code that may not take for ever.
 */

/** Aborts when one wait takes longer than allowed. One timer serves all waits. */
export class WaitTimeout implements Disposable {
  readonly #controller = new AbortController()
  readonly #timer: NodeJS.Timeout
  #waiting = false

  /** @param reason - makes the reason of the abort */
  constructor(limitMs: number, reason: () => Error) {
    this.#timer = setTimeout(() => {
      if (this.#waiting) this.#controller.abort(reason())
    }, limitMs)
  }

  /** Aborts when a wait has taken too long. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** A wait begins. */
  begin(): void {
    this.#waiting = true
    this.#timer.refresh()
  }

  /** It is over. */
  end(): void {
    this.#waiting = false
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }
}
