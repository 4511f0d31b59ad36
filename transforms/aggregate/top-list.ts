/**
 * The best few of many: a bounded list that keeps the entries ranking first, in order.
 */

/** At most `limit` entries, best first; of entries that rank the same, those added earlier come first. */
export class TopList<Entry> {
  readonly #limit: number
  readonly #compare: (a: Entry, b: Entry) => number
  readonly #entries: Entry[] = []

  /**
   * @param limit - entries kept at most; 0 keeps none
   * @param compare - negative when `a` ranks before `b`, as for `Array.prototype.sort`
   */
  constructor(limit: number, compare: (a: Entry, b: Entry) => number) {
    this.#limit = limit
    this.#compare = compare
  }

  /** The entries, best first. */
  get entries(): readonly Entry[] {
    return this.#entries
  }

  /** Whether {@link add} may drop an entry, or keep none at all. */
  get full(): boolean {
    return this.#entries.length >= this.#limit
  }

  /** The entry to beat once the list is {@link full}. */
  get worst(): Entry | undefined {
    return this.#entries.at(-1)
  }

  /** Keeps `entry` if it is among the best. */
  add(entry: Entry): void {
    let place = this.#entries.length
    while (place > 0 && this.#compare(entry, this.#entries[place - 1] as Entry) < 0) place--
    if (place >= this.#limit) return
    this.#entries.splice(place, 0, entry)
    if (this.#entries.length > this.#limit) this.#entries.pop()
  }
}
