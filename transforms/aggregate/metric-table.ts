/**
 * One metric of a phase: a row of statistics for each group, and the quantile sketch of all its values.
 *
 * A metric is dense in a group while every record of the group has it. Then its first and last values are those of the
 * first and last record of the group, and no key is stored for it. When a record lacks the metric, keys are stored for
 * the group: those of the first and last record with the metric.
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

/** Initial number of groups. */
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

  /** Position of the first record in {@link OTHER} that has the metric. */
  get otherFirst(): Position | null {
    return this.#otherFirst
  }

  /** Position of the last record in {@link OTHER} that has the metric. */
  get otherLast(): Position | null {
    return this.#otherLast
  }

  /**
   * Adds `values[place]` to a group if all its `before` records have the metric. Returns false and adds nothing if they
   * do not, or if the value is not finite. (A double passed as an argument would be allocated on the heap for each
   * call.)
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

  /** Adds a value to a group in which the metric is not dense, or a value that is not finite. */
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
   * Adds a row of another table. Its records count as later records. `keys` are those of the first and last record of
   * that row that has the metric.
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

  /**
   * The keys of the first and last record with the metric. For a dense metric these are the keys of the group itself.
   */
  keysIn(group: number, ofGroup: KeyRange): KeyRange {
    return this.#keys.get(group) ?? ofGroup
  }

  /** Removes the keys of a group in which all records have the metric. */
  becomeDense(group: number): void {
    this.#keys.delete(group)
  }

  /** Starts to store keys for a group because a record lacks the metric. Returns false if it already stores them. */
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
   * @param counts - number of records of each group
   * @throws {SpillwayError} `ERR_SPILLWAY_INPUT` when the saved state is malformed
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
