/**
 * Integer counts in buckets with consecutive indices. The number of buckets is limited. Counts of lower buckets are
 * added to the lowest bucket that is kept. The result depends only on the counted values, not on their order.
 */

/** Spare cells added at both ends when the counts grow. */
const SPARE = 32

/** Counts by bucket index. Memory: at most 16 bytes for each bucket, plus spare cells. */
export class BucketStore {
  readonly #limit: number
  #counts = new Float64Array(0)
  /** Index of the bucket in the first cell. */
  #base = 0

  /** @param limit - maximum number of buckets */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Adds `times` to the count of the bucket `index`. */
  add(index: number, times = 1): void {
    let cell = index - this.#base
    if (cell < 0 || cell >= this.#counts.length) cell = this.#makeRoom(index)
    this.#counts[cell] = (this.#counts[cell] as number) + times
  }

  /** Adds all counts of `other`. */
  merge(other: BucketStore): void {
    for (const [index, count] of other.entries()) this.add(index, count)
  }

  /** The buckets with a count above 0, as `[index, count]`, in ascending order. */
  entries(): [index: number, count: number][] {
    const entries: [number, number][] = []
    const floor = this.#floor(this.#highest())
    let collapsed = 0
    for (let cell = 0; cell < this.#counts.length; cell++) {
      const index = this.#base + cell
      const count = (this.#counts[cell] as number) + (index === floor ? collapsed : 0)
      if (index < floor) collapsed += count
      else if (count > 0) entries.push([index, count])
    }
    return entries
  }

  /** The lowest bucket that is kept if `highest` is the highest bucket with a count. */
  #floor(highest: number): number {
    return highest - this.#limit + 1
  }

  #highest(): number {
    let cell = this.#counts.length - 1
    while (cell >= 0 && this.#counts[cell] === 0) cell--
    return cell < 0 ? -Infinity : this.#base + cell
  }

  /**
   * Extends the cells so that they contain `index`, or the lowest kept bucket if `index` is below it. Returns the cell.
   */
  #makeRoom(index: number): number {
    const entries = this.entries()
    const highest = Math.max(index, entries.at(-1)?.[0] ?? index)
    const floor = this.#floor(highest)
    const lowest = Math.min(index, entries[0]?.[0] ?? index)
    const spare = Math.min(this.#limit, Math.max(SPARE, this.#counts.length >> 1))
    this.#base = Math.max(floor, lowest - spare)
    this.#counts = new Float64Array(highest + spare - this.#base + 1)
    for (const [bucket, count] of entries) {
      const cell = Math.max(bucket, floor) - this.#base
      this.#counts[cell] = (this.#counts[cell] as number) + count
    }
    return Math.max(index, floor) - this.#base
  }
}
