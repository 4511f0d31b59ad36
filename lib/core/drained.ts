/**
 * The wait for a stream that takes no more for now. All that wait share one promise.
 */
import { makeDeferred, type Deferred } from './deferred.ts'

/** Made by those that wait, settled by the stream. */
export class Drained {
  #waiting: Deferred<void> | undefined

  /** Resolves with the next {@link resolve}. */
  wait(): Promise<void> {
    this.#waiting ??= makeDeferred()
    return this.#waiting.promise
  }

  /** The stream takes more. */
  readonly resolve = (): void => {
    this.#waiting?.resolve()
    this.#waiting = undefined
  }

  /** The stream has failed. */
  reject(error: Error): void {
    this.#waiting?.reject(error)
  }
}
