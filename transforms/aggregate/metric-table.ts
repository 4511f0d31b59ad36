/**
 * One metric of a phase: a row of statistics per group, and the sketch of all its values.
 *
 * First and last: as long as every record of a group has had the metric ("dense"), its first and last value are those
 * of the group's first and last record, and no key is kept for it. Once a record lacked it, the keys of the metric's
 * own first and last record are kept for that group.
 */
import { OTHER } from './group-table.ts'
import {
  compareContainers,
  restoreKey,
  restorePosition,
  saveKey,
  savePosition,
  takesFirst,
  takesLast,
  type ContainerId,
  type KeyRange,
  type OrderKey,
  type Position,
  type SavedPosition,
} from './position.ts'
import { QuantileSketch, type SavedSketch } from './quantile-sketch.ts'
import {
  decodeDoubles,
  encodeDoubles,
  expectCount,
  expectList,
  expectObject,
  expectText,
  malformed,
} from './saved-state.ts'
import { addToRow, COUNT, expectRow, FIRST, LAST, mergeRows, NON_FINITE, ROW_CELLS } from './statistics-row.ts'

/** Groups there is room for at first. */
const FIRST_GROUPS = 16

/** The record being added, where it stands, and what that means in its group; one object is used over and over. */
export interface Arrival {
  index: number
  iteration: number
  name: string | null
  key: OrderKey
  group: number
  /** Records of the group before it; -1 in {@link OTHER}, where nothing counts as dense. */
  before: number
  /** Whether it is the first, or the last, of its group so far. */
  isFirst: boolean
  isLast: boolean
}

/** A metric as JSON. */
export interface SavedMetric {
  readonly name: string
  readonly rows: string
  readonly keys: readonly (readonly [group: number, firstKey: OrderKey | null, lastKey: OrderKey | null])[]
  readonly otherFirst: SavedPosition | null
  readonly otherLast: SavedPosition | null
  readonly sketch: SavedSketch
}

/** Statistics of one metric, by group. */
export class MetricTable {
  readonly name: string
  readonly sketch: QuantileSketch
  #cells: Float64Array
  readonly #keys = new Map<number, KeyRange>()
  #otherFirst: Position | null = null
  #otherLast: Position | null = null

  constructor(
    name: string,
    sketch = new QuantileSketch(),
    cells: Float64Array = new Float64Array(FIRST_GROUPS * ROW_CELLS),
  ) {
    this.name = name
    this.sketch = sketch
    this.#cells = cells
  }

  /** The rows; that of a group starts at `group * ROW_CELLS`. Rows of groups without the metric may be missing. */
  get cells(): Float64Array {
    return this.#cells
  }

  /** Place of the first record in {@link OTHER} that has the metric. */
  get otherFirst(): Position | null {
    return this.#otherFirst
  }

  /** Place of the last record in {@link OTHER} that has the metric. */
  get otherLast(): Position | null {
    return this.#otherLast
  }

  /** Finite values of a group. */
  countIn(group: number): number {
    return this.#cells[group * ROW_CELLS + COUNT] ?? 0
  }

  /** Finite and non-finite values of a group. */
  seenIn(group: number): number {
    return this.countIn(group) + (this.#cells[group * ROW_CELLS + NON_FINITE] ?? 0)
  }

  /** Adds a value of the record `arrival`; returns whether the metric is dense in its group. */
  add(value: number, arrival: Arrival): boolean {
    const at = arrival.group * ROW_CELLS
    const cells = this.#cells
    // Kept short, so that the engine inlines all of the usual case.
    if (at >= cells.length || cells[at + COUNT] !== arrival.before || !Number.isFinite(value)) {
      return this.#addUnusual(value, arrival)
    }
    if (arrival.isFirst) cells[at + FIRST] = value
    if (arrival.isLast) cells[at + LAST] = value
    addToRow(cells, at, value)
    this.sketch.add(value)
    return true
  }

  /**
   * Adds a row of another table, whose records count as later ones. Keys are those of the row's first and last
   * record that has the metric.
   */
  mergeRow(other: MetricTable, from: number, group: number, container: ContainerId, keys: KeyRange): void {
    const source = from * ROW_CELLS
    if (source >= other.#cells.length) return
    if (group * ROW_CELLS >= this.#cells.length) this.#growTo(group)
    if (other.countIn(from) > 0) {
      const first = other.#cells[source + FIRST] as number
      const last = other.#cells[source + LAST] as number
      if (group === OTHER) this.#placeInOther(container, keys.firstKey, first, keys.lastKey, last)
      else this.#place(group, keys, first, last)
    }
    mergeRows(this.#cells, group * ROW_CELLS, other.#cells, source)
  }

  /** Adds the row of {@link OTHER} of another table. */
  mergeOther(other: MetricTable): void {
    const { otherFirst, otherLast } = other
    if (otherFirst !== null && otherLast !== null) {
      const first = other.#cells[FIRST] as number
      const last = other.#cells[LAST] as number
      this.#placeInOther(otherFirst, otherFirst.key, first, otherFirst.key, first)
      this.#placeInOther(otherLast, otherLast.key, last, otherLast.key, last)
    }
    mergeRows(this.#cells, OTHER, other.#cells, OTHER)
  }

  /** The keys of the metric's first and last record in a group, given those of the group itself. */
  keysIn(group: number, ofGroup: KeyRange): KeyRange {
    return this.#keys.get(group) ?? ofGroup
  }

  /** Drops the keys of a group all of whose records have the metric. */
  becomeDense(group: number): void {
    this.#keys.delete(group)
  }

  /** Keeps keys for a group from now on, as a record lacks the metric; false when it does so already. */
  keepKeys(group: number, keys: KeyRange): boolean {
    if (this.#keys.has(group)) return false
    this.#keys.set(group, { ...keys })
    return true
  }

  toJSON(): SavedMetric {
    return {
      name: this.name,
      rows: encodeDoubles(this.#cells.subarray(0, this.#groupsInUse() * ROW_CELLS)),
      keys: [...this.#keys].map(([group, { firstKey, lastKey }]) => [group, saveKey(firstKey), saveKey(lastKey)]),
      otherFirst: this.#otherFirst && savePosition(this.#otherFirst),
      otherLast: this.#otherLast && savePosition(this.#otherLast),
      sketch: this.sketch.toJSON(),
    }
  }

  /**
   * @param counts - records of each group
   * @throws {SpillwayError} `ERR_SPILLWAY_INPUT`
   */
  static fromJSON(saved: unknown, counts: readonly number[]): MetricTable {
    const { name, rows, keys, otherFirst, otherLast, sketch } = expectObject(saved, 'metric')
    const cells = decodeDoubles(rows, 'rows of a metric')
    if (cells.length === 0 || cells.length % ROW_CELLS !== 0) throw malformed('rows of a metric')
    const table = new MetricTable(expectText(name, 'metric name'), QuantileSketch.fromJSON(sketch), cells)
    for (const entry of expectList(keys, 'keys of a metric')) {
      const [group, firstKey, lastKey] = expectList(entry, 'keys of a metric')
      table.#keys.set(expectCount(group, 'group'), { firstKey: restoreKey(firstKey), lastKey: restoreKey(lastKey) })
    }
    if (table.countIn(OTHER) > 0) {
      table.#otherFirst = restorePosition(otherFirst)
      table.#otherLast = restorePosition(otherLast)
    }
    table.#expectConsistent(counts)
    return table
  }

  /** Adds a value to a group that has no row yet or keeps keys, or one that is not finite. */
  #addUnusual(value: number, arrival: Arrival): boolean {
    const { group, key } = arrival
    const at = group * ROW_CELLS
    if (at >= this.#cells.length) {
      this.#growTo(group)
      return this.add(value, arrival)
    }
    if (!Number.isFinite(value)) {
      this.#cells[at + NON_FINITE] = (this.#cells[at + NON_FINITE] as number) + 1
      return false
    }
    if (group === OTHER) this.#placeInOther(arrival, key, value, key, value)
    else this.#place(group, { firstKey: key, lastKey: key }, value, value)
    addToRow(this.#cells, at, value)
    this.sketch.add(value)
    return false
  }

  #groupsInUse(): number {
    let groups = this.#cells.length / ROW_CELLS
    while (groups > 1 && this.seenIn(groups - 1) === 0) groups--
    return groups
  }

  #expectConsistent(counts: readonly number[]): void {
    for (let group = 0; group * ROW_CELLS < this.#cells.length; group++) {
      expectRow(this.#cells, group * ROW_CELLS)
      const records = counts[group] ?? 0
      const values = this.countIn(group)
      const sparse = group !== OTHER && values > 0 && values < records
      if (this.seenIn(group) > records || this.#keys.has(group) !== sparse) throw malformed('rows of a metric')
    }
  }

  #place(group: number, { firstKey, lastKey }: KeyRange, first: number, last: number): void {
    const at = group * ROW_CELLS
    const held = this.#keys.get(group)
    if (held === undefined || takesFirst(firstKey, held.firstKey)) this.#cells[at + FIRST] = first
    if (held === undefined || takesLast(lastKey, held.lastKey)) this.#cells[at + LAST] = last
    if (held === undefined) {
      this.#keys.set(group, { firstKey, lastKey })
      return
    }
    if (takesFirst(firstKey, held.firstKey)) held.firstKey = firstKey
    if (takesLast(lastKey, held.lastKey)) held.lastKey = lastKey
  }

  #placeInOther(container: ContainerId, firstKey: OrderKey, first: number, lastKey: OrderKey, last: number): void {
    const { index, iteration, name } = container
    const toFirst = this.#otherFirst === null ? -1 : compareContainers(container, this.#otherFirst)
    if (toFirst < 0 || (toFirst === 0 && takesFirst(firstKey, (this.#otherFirst as Position).key))) {
      this.#otherFirst = { index, iteration, name, key: firstKey }
      this.#cells[FIRST] = first
    }
    const toLast = this.#otherLast === null ? 1 : compareContainers(container, this.#otherLast)
    if (toLast > 0 || (toLast === 0 && takesLast(lastKey, (this.#otherLast as Position).key))) {
      this.#otherLast = { index, iteration, name, key: lastKey }
      this.#cells[LAST] = last
    }
  }

  #growTo(group: number): void {
    const groups = Math.max(group + 1, Math.ceil((this.#cells.length / ROW_CELLS) * 1.5))
    const grown = new Float64Array(groups * ROW_CELLS)
    grown.set(this.#cells)
    this.#cells = grown
  }
}
