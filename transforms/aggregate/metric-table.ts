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
import { expectCount, expectList, expectObject, expectText, malformed } from './saved-state.ts'
import { StatisticsRows } from './statistics-rows.ts'

/** Groups there is room for at first. */
const FIRST_GROUPS = 16

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
  /** By group. */
  readonly rows: StatisticsRows
  readonly sketch: QuantileSketch
  readonly #keys = new Map<number, KeyRange>()
  #otherFirst: Position | null = null
  #otherLast: Position | null = null

  constructor(name: string, rows = new StatisticsRows(FIRST_GROUPS), sketch = new QuantileSketch()) {
    this.name = name
    this.rows = rows
    this.sketch = sketch
  }

  /** Place of the first record in {@link OTHER} that has the metric. */
  get otherFirst(): Position | null {
    return this.#otherFirst
  }

  /** Place of the last record in {@link OTHER} that has the metric. */
  get otherLast(): Position | null {
    return this.#otherLast
  }

  /**
   * Adds `values[place]` to a group whose `before` records have all had the metric; does nothing but return false where
   * they have not, or the value is not finite. (A double given by itself is put on the heap for each call.)
   *
   * @param isFirst - whether its record is the first of the group so far
   * @param isLast - whether its record is the last of the group so far
   */
  addDense(
    values: Float64Array,
    place: number,
    group: number,
    before: number,
    isFirst: boolean,
    isLast: boolean,
  ): boolean {
    const value = values[place] as number
    if (!this.rows.addNext(value, group, before, isFirst, isLast)) return false
    this.sketch.add(value)
    return true
  }

  /** Adds a value to a group in which the metric is not dense, or one that is not finite. */
  add(value: number, group: number, position: Position): void {
    if (!Number.isFinite(value)) {
      this.rows.addNonFinite(group)
      return
    }
    const { key } = position
    if (group === OTHER) this.#placeInOther(position, key, value, key, value)
    else this.#place(group, { firstKey: key, lastKey: key }, value, value)
    this.rows.add(value, group)
    this.sketch.add(value)
  }

  /**
   * Adds a row of another table, whose records count as later ones. Keys are those of the row's first and last
   * record that has the metric.
   */
  mergeRow({ rows }: MetricTable, from: number, group: number, container: ContainerId, keys: KeyRange): void {
    if (rows.countIn(from) > 0) {
      const first = rows.firstIn(from)
      const last = rows.lastIn(from)
      if (group === OTHER) this.#placeInOther(container, keys.firstKey, first, keys.lastKey, last)
      else this.#place(group, keys, first, last)
    }
    this.rows.merge(group, rows, from)
  }

  /** Adds the row of {@link OTHER} of another table. */
  mergeOther({ rows, otherFirst, otherLast }: MetricTable): void {
    if (otherFirst !== null && otherLast !== null) {
      const first = rows.firstIn(OTHER)
      const last = rows.lastIn(OTHER)
      this.#placeInOther(otherFirst, otherFirst.key, first, otherFirst.key, first)
      this.#placeInOther(otherLast, otherLast.key, last, otherLast.key, last)
    }
    this.rows.merge(OTHER, rows, OTHER)
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
      rows: this.rows.toJSON(),
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
    const restored = [StatisticsRows.fromJSON(rows), QuantileSketch.fromJSON(sketch)] as const
    const table = new MetricTable(expectText(name, 'metric name'), ...restored)
    for (const entry of expectList(keys, 'keys of a metric')) {
      const [group, firstKey, lastKey] = expectList(entry, 'keys of a metric')
      table.#keys.set(expectCount(group, 'group'), { firstKey: restoreKey(firstKey), lastKey: restoreKey(lastKey) })
    }
    if (table.rows.countIn(OTHER) > 0) {
      table.#otherFirst = restorePosition(otherFirst)
      table.#otherLast = restorePosition(otherLast)
    }
    table.#expectConsistent(counts)
    return table
  }

  #expectConsistent(counts: readonly number[]): void {
    for (let group = 0; group < this.rows.size; group++) {
      const records = counts[group] ?? 0
      const values = this.rows.countIn(group)
      const sparse = group !== OTHER && values > 0 && values < records
      if (this.rows.seenIn(group) > records || this.#keys.has(group) !== sparse) throw malformed('rows of a metric')
    }
  }

  #place(group: number, { firstKey, lastKey }: KeyRange, first: number, last: number): void {
    const held = this.#keys.get(group)
    if (held === undefined || takesFirst(firstKey, held.firstKey)) this.rows.placeFirst(first, group)
    if (held === undefined || takesLast(lastKey, held.lastKey)) this.rows.placeLast(last, group)
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
      this.rows.placeFirst(first, OTHER)
    }
    const toLast = this.#otherLast === null ? 1 : compareContainers(container, this.#otherLast)
    if (toLast > 0 || (toLast === 0 && takesLast(lastKey, (this.#otherLast as Position).key))) {
      this.#otherLast = { index, iteration, name, key: lastKey }
      this.rows.placeLast(last, OTHER)
    }
  }
}
