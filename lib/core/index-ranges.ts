/**
 * A set of indices that are added roughly in order, kept as ranges: its size is that of its gaps.
 */

/** The first and the last index of a range. */
export type IndexRange = readonly [first: number, last: number]

/** Indices as ranges, ascending and apart from each other. */
export class IndexRanges {
  readonly #ranges: [number, number][] = []

  /** The set of these ranges, which are ascending and apart from each other. */
  static from(ranges: readonly IndexRange[]): IndexRanges {
    const set = new IndexRanges()
    for (const [first, last] of ranges) set.#ranges.push([first, last])
    return set
  }

  /** Whether an index is in the set. Costs as much as there are ranges behind it. */
  has(index: number): boolean {
    const range = this.#ranges.findLast(([first]) => first <= index)
    return range !== undefined && index <= range[1]
  }

  /** Adds an index that is not in the set yet. Costs as much as there are ranges behind it. */
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

  /** How many indices there are. */
  get size(): number {
    return this.#ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0)
  }

  toJSON(): IndexRange[] {
    return this.#ranges.map(([first, last]) => [first, last])
  }
}
