/**
 * Waits for promises that may never settle, without outliving an abort. One promise at a time, so that a long wait
 * after another leaves nothing behind on the signal, as `Promise.race` would.
 */

/** Waits that an abort cuts short; dispose of it when there is nothing more to wait for. */
export class Interruptible implements Disposable {
  readonly #signal: AbortSignal
  #reject: ((reason: unknown) => void) | undefined

  constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', this.#onAbort)
  }

  /**
   * Settles as `promise` does. A wait must have ended before the next begins.
   *
   * @throws the reason of the signal, once that aborts
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
