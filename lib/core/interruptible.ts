/**
 * What ends when a signal aborts: streams, and waits for promises that may never settle. A wait is for one promise at a
 * time, with one listener on the signal for all waits. With `Promise.race`, each wait would keep a reaction in memory
 * until the signal aborts.
 */
import { setMaxListeners } from 'node:events'
import { addAbortSignal, type Stream } from 'node:stream'

/**
 * Allows any number of listeners on a signal, and returns it. Node.js warns at the eleventh, as it may be a leak. Here one
 * signal stops any number of streams and containers, and each of them removes its listener when it ends.
 */
export function allowListeners(signal: AbortSignal): AbortSignal {
  setMaxListeners(0, signal)
  return signal
}

/**
 * Destroys a stream with an AbortError when the signal aborts. Call it at the end of a constructor: a signal that has
 * aborted before destroys the stream at once.
 */
export function destroyOnAbort(stream: Stream, signal: AbortSignal | undefined): void {
  if (signal !== undefined) addAbortSignal(allowListeners(signal), stream)
}

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
