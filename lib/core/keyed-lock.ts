/**
 * Work that must not overlap with other work of the same key.
 */

/** Runs work one after the other for each key, in the order asked for. Nothing is kept of a key without work. */
export class KeyedLock {
  readonly #tails = new Map<string, Promise<unknown>>()

  /** Runs `work` when all work of `key` before it has ended, in whatever way. */
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
