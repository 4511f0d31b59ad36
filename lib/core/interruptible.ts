/**
 * Waits for promises that may never settle, until an abort. It waits for one promise at a time, with one listener on
 * the signal for all waits. With `Promise.race`, each wait would keep a reaction in memory until the signal aborts.
 */

/** Waits that end when a signal aborts. Dispose of it after the last wait, to remove its listener from the signal. */
export class Interruptible implements Disposable {
  readonly #signal: AbortSignal
  #reject: ((reason: unknown) => void) | undefined

  constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', this.#onAbort)
  }

  /**
   * Settles as `promise` does. Start a wait only after the one before it has ended.
   *
   * @throws the reason of the signal, once the signal aborts
   */
  wait<Value>(promise: PromiseLike<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.#reject = reject
      promise.then(resolve, reject)
      if (this.#signal.aborted) this.#onAbort()
    })
  }

  [Symbol.dispose](): void {
    this.#signal.removeEventListener('abort', this.#onAbort)
  }

  readonly #onAbort = (): void => {
    this.#reject?.(this.#signal.reason)
  }
}
