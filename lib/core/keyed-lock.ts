/**
 * A lock per key: work of one key never overlaps with other work of that key.
 */

/** Runs the work of each key in sequence, in the order of the calls. A key without work takes no memory. */
export class KeyedLock {
  readonly #tails = new Map<string, Promise<unknown>>()

  /** Runs `work` after all earlier work of `key` has succeeded or failed. Settles as `work` does. */
  async run<Value>(key: string, work: () => Promise<Value>): Promise<Value> {
    const before = this.#tails.get(key) ?? Promise.resolve()
    const done = before.then(work)
    const tail = done.catch(() => {})
    this.#tails.set(key, tail)
    try {
      return await done
    } finally {
      if (this.#tails.get(key) === tail) this.#tails.delete(key)
    }
  }
}
