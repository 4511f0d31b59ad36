/** A promise together with the functions that settle it. */
export interface Deferred<T> {
  readonly promise: Promise<T>
  resolve(this: void, value: T): void
  reject(this: void, reason: unknown): void
}

/**
 * Makes a {@link Deferred} whose rejection never counts as unhandled. Code that awaits the promise still gets the
 * error.
 */
export function makeDeferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void
  let reject!: (reason: unknown) => void
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  promise.catch(() => {})
  return { promise, resolve, reject }
}

/** The wait for a stream that takes no more for now. All that wait share one promise. */
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
