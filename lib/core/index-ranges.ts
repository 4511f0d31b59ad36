/**
 * A set of indices that are added almost in ascending order. It stores ranges, so its memory grows with the number of
 * gaps, not with the number of indices.
 */

/** The first and the last index of a range. */
export type IndexRange = readonly [first: number, last: number]

/** A set of indices, stored as ascending ranges with a gap between each two. */
export class IndexRanges {
  readonly #ranges: [number, number][] = []

  /** Makes a set of these ranges, which must be ascending with a gap between each two. */
  static from(ranges: readonly IndexRange[]): IndexRanges {
    const set = new IndexRanges()
    for (const [first, last] of ranges) set.#ranges.push([first, last])
    return set
  }

  /** Whether an index is in the set. The time is linear in the number of ranges above the index. */
  has(index: number): boolean {
    const range = this.#ranges.findLast(([first]) => first <= index)
    return range !== undefined && index <= range[1]
  }

  /** Adds an index that is not in the set yet. The time is linear in the number of ranges above the index. */
  add(index: number): void {
    let place = this.#ranges.length
    while (place > 0 && (this.#ranges[place - 1] as IndexRange)[0] > index) place--
    const before = this.#ranges[place - 1]
    const after = this.#ranges[place]
    const joinsBefore = before !== undefined && before[1] + 1 === index
    const joinsAfter = after !== undefined && index + 1 === after[0]
    if (joinsBefore && joinsAfter) {
      before[1] = after[1]
      this.#ranges.splice(place, 1)
    } else if (joinsBefore) before[1] = index
    else if (joinsAfter) after[0] = index
    else this.#ranges.splice(place, 0, [index, index])
  }

  /** The number of indices in the set. */
  get size(): number {
    return this.#ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0)
  }

  /** A copy of the ranges, ascending. */
  toJSON(): IndexRange[] {
    return this.#ranges.map(([first, last]) => [first, last])
  }
}
