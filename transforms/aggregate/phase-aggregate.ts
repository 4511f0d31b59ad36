/**
 * The state of one phase: statistics by container and metric, a quantile sketch for each metric, and the best records.
 * It uses no streams and no timers.
 *
 * Memory: about 90 bytes for each container and metric, and 220 bytes for each container with its name and two
 * timestamps. In addition, up to 64 KB for the sketch of each metric, and `topCount` entries. Records are not kept.
 */
import type { ResolvedFieldNames, ResultRecord } from '../../lib/core/record.ts'
import { GroupTable, OTHER, type SavedGroups } from './group-table.ts'
import { MetricTable, type SavedMetric } from './metric-table.ts'
import { FoundMetrics, MetricTree } from './metric-tree.ts'
import { containerNameOf, orderKeyOf, takesFirst, takesLast, type OrderKey, type Position } from './position.ts'
import { expectCount, expectList, expectObject, expectText, malformed } from './saved-state.ts'
import type { Objective } from './summary-types.ts'
import {
  canEnter,
  compareCandidates,
  makeCandidate,
  restoreCandidate,
  saveCandidate,
  type Candidate,
  type SavedCandidate,
} from './top-candidate.ts'
import { TopList } from './top-list.ts'

/** Options of a {@link PhaseAggregate}. See `AggregatesOptions`. */
export interface PhaseAggregateOptions {
  readonly fields: ResolvedFieldNames
  readonly objective: Required<Objective>
  readonly topCount: number
  readonly maxContainers: number
  readonly maxMetrics: number
}

/** A phase as JSON. */
export interface SavedPhase {
  readonly phase: string
  readonly droppedMetrics: number
  readonly containers: SavedGroups
  readonly metrics: readonly SavedMetric[]
  readonly top: readonly SavedCandidate[]
}

/** Aggregates the records of one phase. */
export class PhaseAggregate {
  readonly phase: string
  readonly #options: PhaseAggregateOptions
  readonly #tree: MetricTree
  readonly #metrics = new Map<string, MetricTable>()
  readonly #top: TopList<Candidate>
  #groups: GroupTable
  #objective: MetricTable | null = null
  #droppedMetrics = 0

  /** The metrics of the record that is being added. */
  readonly #found = new FoundMetrics()
  /**
   * 1 if the largest objective is the best, else -1; and the minimum of `objective * sign` that may enter the top list.
   */
  readonly #sign: number
  #threshold = -Infinity

  constructor(phase: string, options: PhaseAggregateOptions) {
    this.phase = phase
    this.#options = options
    this.#tree = new MetricTree(options.fields, options.objective.metric, (path) => this.#makeMetric(path))
    this.#groups = new GroupTable(options.maxContainers)
    this.#sign = options.objective.direction === 'max' ? 1 : -1
    this.#top = new TopList<Candidate>(options.topCount, (a, b) => compareCandidates(a, b, options.objective.direction))
  }

  /** The containers, as groups. */
  get groups(): GroupTable {
    return this.#groups
  }

  /** The metrics by name, in the order of their first occurrence. */
  get metrics(): ReadonlyMap<string, MetricTable> {
    return this.#metrics
  }

  /** The records with the best objective, best first. */
  get top(): readonly Candidate[] {
    return this.#top.entries
  }

  /** Number of values that were ignored because their metric is beyond `maxMetrics`. */
  get droppedMetrics(): number {
    return this.#droppedMetrics
  }

  /**
   * Adds a record of the container with this index and iteration. `seq` is the number of the record within the
   * container.
   */
  addIdentified(record: ResultRecord, index: number, iteration: number, seq: number): void {
    this.#add(record, index, iteration, containerNameOf(record[this.#options.fields.container]), seq)
  }

  /** Adds a record without identity: only its own fields are known. */
  add(record: ResultRecord): void {
    const { container, timestamp } = this.#options.fields
    this.#add(record, -1, 0, containerNameOf(record[container]), orderKeyOf(record[timestamp]))
  }

  /**
   * Adds the state of `other`. Its records count as later records if nothing else orders them. Merging the states of
   * parts gives the state of the whole if no limit is reached.
   */
  merge(other: PhaseAggregate): void {
    for (const table of other.#metrics.values()) this.#mergeMetric(table, other.#groups.size)
    for (let from = OTHER + 1; from < other.#groups.size; from++) this.#mergeGroup(other, from)
    for (const table of this.#metrics.values()) {
      const added = other.#metrics.get(table.name)
      if (added !== undefined) table.mergeOther(added)
    }
    this.#groups.note(OTHER, other.#groups.counts[OTHER] as number, NaN, NaN, null)
    for (const candidate of other.#top.entries) this.#enter(candidate)
    this.#droppedMetrics += other.#droppedMetrics
  }

  /** Returns a new state: this state merged with `others`, in this order. */
  mergedWith(others: readonly PhaseAggregate[]): PhaseAggregate {
    const merged = new PhaseAggregate(this.phase, this.#options)
    for (const part of [this, ...others]) merged.merge(part)
    return merged
  }

  toJSON(): SavedPhase {
    return {
      phase: this.phase,
      droppedMetrics: this.#droppedMetrics,
      containers: this.#groups.toJSON(),
      metrics: [...this.#metrics.values()].map((table) => table.toJSON()),
      top: this.#top.entries.map(saveCandidate),
    }
  }

  /** Restores a phase. @throws {SpillwayError} `ERR_SPILLWAY_INPUT` when the saved state is malformed */
  static fromJSON(saved: unknown, options: PhaseAggregateOptions): PhaseAggregate {
    const { phase, droppedMetrics, containers, metrics, top } = expectObject(saved, 'phase')
    const aggregate = new PhaseAggregate(expectText(phase, 'phase name'), options)
    aggregate.#droppedMetrics = expectCount(droppedMetrics, 'count of dropped metrics')
    const groups = GroupTable.fromJSON(containers, options.maxContainers)
    aggregate.#groups = groups
    for (const entry of expectList(metrics, 'list of metrics')) {
      const table = MetricTable.fromJSON(entry, groups.counts)
      if (aggregate.#metrics.has(table.name)) throw malformed('list of metrics')
      aggregate.#insert(table)
    }
    for (let group = OTHER + 1; group < groups.size; group++) aggregate.#countDense(group)
    for (const entry of expectList(top, 'top performers')) aggregate.#enter(restoreCandidate(entry))
    return aggregate
  }

  /** The position is passed as separate arguments: one object per record would cost more than the rest of the call. */
  #add(record: ResultRecord, index: number, iteration: number, name: string | null, key: OrderKey): void {
    // This comes first, because it throws when a getter throws. Then nothing of the record is added.
    this.#tree.findIn(record, this.#found)
    const groups = this.#groups
    const group = groups.groupOf(index, iteration, name)
    const before = groups.counts[group] as number
    // The first record is compared, too, with itself. Otherwise V8 would treat the comparison as dead code while many
    // groups begin. It would then compile this function again later (`npm run bench -- tee`).
    const lastKey = before === 0 ? key : (groups.lastKeys[group] as OrderKey)
    const isLast = takesLast(key, lastKey)
    // Records mostly arrive in order. Then the last record is not also the first, unless those before it have no key.
    const isLater = isLast && !Number.isNaN(lastKey)
    const isFirst = before === 0 || (!isLater && takesFirst(key, groups.firstKeys[group] as OrderKey))
    const { tables, values, count } = this.#found
    let dense = 0
    let objective = NaN
    for (let place = 0; place < count; place++) {
      const table = tables[place] as MetricTable
      const value = values[place] as number
      if (group !== OTHER && table.addDense(values, place, group, before, isFirst, isLast)) dense++
      else table.add(value, group, { index, iteration, name, key })
      if (table === this.#objective) objective = value
    }
    if (group !== OTHER) {
      if (dense !== groups.denseMetrics[group]) this.#settleDense(group, before, dense)
      if (isFirst) {
        groups.firstKeys[group] = key
        groups.names[group] = name
      }
      if (isLast) groups.lastKeys[group] = key
    }
    groups.counts[group] = before + 1
    if (objective * this.#sign >= this.#threshold) this.#consider(record, objective, { index, iteration, name, key })
  }

  /**
   * Starts to store keys for metrics that all `before` records of the group have but this record lacks. `found` is the
   * number of dense metrics that this record has.
   */
  #settleDense(group: number, before: number, found: number): void {
    let dense = this.#groups.denseMetrics[group] as number
    if (before === 0) dense = found
    else {
      const keys = this.#groups.keysOf(group)
      for (const table of this.#metrics.values()) {
        if (table.rows.countIn(group) === before && table.keepKeys(group, keys)) dense--
      }
    }
    this.#groups.denseMetrics[group] = dense
  }

  #consider(record: ResultRecord, value: number, position: Position): void {
    const { fields, objective } = this.#options
    if (!Number.isFinite(value) || !canEnter(this.#top, value, position, objective.direction)) return
    this.#enter(makeCandidate(position, record[fields.timestamp], value, this.#found))
  }

  #enter(candidate: Candidate): void {
    this.#top.add(candidate)
    if (this.#top.full) this.#threshold = (this.#top.worst?.value ?? Infinity) * this.#sign
  }

  /** Creates the table of a new metric. Returns null if the metric is ignored. */
  #makeMetric(path: string): MetricTable | null {
    // A known path that is new in the tree: two keys lead to it. An empty key and its child can do that.
    if (this.#metrics.has(path) || !this.#hasRoomFor(path)) {
      this.#droppedMetrics++
      return null
    }
    return this.#register(new MetricTable(path))
  }

  #hasRoomFor(metric: string): boolean {
    const { objective, maxMetrics } = this.#options
    return metric === objective.metric || this.#metrics.size < maxMetrics
  }

  #register(table: MetricTable): MetricTable {
    this.#metrics.set(table.name, table)
    if (table.name === this.#options.objective.metric) this.#objective = table
    return table
  }

  #insert(table: MetricTable): void {
    this.#tree.insert(this.#register(table))
  }

  #mergeMetric(table: MetricTable, groups: number): void {
    let own = this.#metrics.get(table.name)
    if (own === undefined) {
      if (!this.#hasRoomFor(table.name)) {
        for (let group = 0; group < groups; group++) this.#droppedMetrics += table.rows.seenIn(group)
        return
      }
      this.#insert((own = new MetricTable(table.name)))
    }
    own.sketch.merge(table.sketch)
  }

  #mergeGroup(other: PhaseAggregate, from: number): void {
    const groups = this.#groups
    const container = other.#groups.containerOf(from)
    const group = groups.groupOf(container.index, container.iteration, container.name)
    const before = groups.counts[group] as number
    const added = other.#groups.counts[from] as number
    const held = groups.keysOf(group)
    const theirs = other.#groups.keysOf(from)
    for (const table of this.#metrics.values()) {
      const source = other.#metrics.get(table.name)
      const dense = table.rows.countIn(group) === before && source?.rows.countIn(from) === added
      if (group !== OTHER && table.rows.countIn(group) > 0) table.keepKeys(group, held)
      if (source !== undefined) table.mergeRow(source, from, group, container, source.keysIn(from, theirs))
      if (dense) table.becomeDense(group)
    }
    groups.note(group, added, theirs.firstKey, theirs.lastKey, container.name)
    this.#countDense(group)
  }

  #countDense(group: number): void {
    if (group === OTHER) return
    const records = this.#groups.counts[group] as number
    let dense = 0
    for (const table of this.#metrics.values()) if (table.rows.countIn(group) === records) dense++
    this.#groups.denseMetrics[group] = dense
  }
}
