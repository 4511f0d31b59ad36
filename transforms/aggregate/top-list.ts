/**
 * A bounded list that keeps the best entries, in order.
 */

/** At most `limit` entries, best first. Entries with the same rank are in the order of {@link TopList.add}. */
export class TopList<Entry> {
  readonly #limit: number
  readonly #compare: (a: Entry, b: Entry) => number
  readonly #entries: Entry[] = []

  /**
   * @param limit - maximum number of entries; 0 keeps none
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

  /** Whether the list has `limit` entries. Then {@link add} may remove an entry or ignore the new one. */
  get full(): boolean {
    return this.#entries.length >= this.#limit
  }

  /** The last entry. When the list is {@link full}, a new entry must rank before it. */
  get worst(): Entry | undefined {
    return this.#entries.at(-1)
  }

  /** Adds `entry` if it is among the best. */
  add(entry: Entry): void {
    let place = this.#entries.length
    while (place > 0 && this.#compare(entry, this.#entries[place - 1] as Entry) < 0) place--
    if (place >= this.#limit) return
    this.#entries.splice(place, 0, entry)
    if (this.#entries.length > this.#limit) this.#entries.pop()
  }
}
