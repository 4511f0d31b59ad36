/**
 * Aggregates of records by phase, container and metric. They depend only on the added records, and use no streams and
 * no timers. A state can be merged with other states, saved, and restored.
 */
import { notesOf, recordsOf, type Segment } from '../../lib/core/batch.ts'
import {
  anyText,
  describeValue,
  expectValue,
  integerFrom,
  oneOf,
  plainObject,
  resolveOptions,
  text,
  type Checks,
} from '../../lib/core/options.ts'
import { SpillwayError } from '../../lib/core/errors.ts'
import { DEFAULT_PHASE, isRecord, resolveFieldNames, type FieldNames } from '../../lib/core/record.ts'
import { PhaseAggregate, type PhaseAggregateOptions, type SavedPhase } from './phase-aggregate.ts'
import { expectCount, expectList, expectObject, malformed } from './saved-state.ts'
import { summarizeContainers, summarizePhase, summarizeWorkflow, type SummarySource } from './summaries.ts'
import {
  DEFAULT_OBJECTIVE,
  type AggregateSummary,
  type ContainerSummary,
  type Objective,
  type PhaseSummary,
} from './summary-types.ts'

/** Options of {@link Aggregates}. */
export interface AggregatesOptions {
  /**
   * The phase of all records, independent of their phase field.
   *
   * @default the phase field of each record, or `default` if it is missing
   */
  readonly phase?: string
  /** Names of the fields that are read. @default the standard names, see `FieldNames` */
  readonly fields?: FieldNames
  /** The objective by which records and containers are ranked. @default { metric: 'sharpe_ratio', direction: 'max' } */
  readonly objective?: Objective
  /** Maximum length of the lists of top performers and best containers. @default 10 */
  readonly topCount?: number
  /**
   * Maximum number of containers of a phase with their own statistics. The records of all others are in one group.
   * Without identity, these are the first containers to arrive. With identity, they are the containers whose `(index +
   * 1) * (iteration + 1)` is within the limit. Then the order of arrival does not matter.
   *
   * @default 100000
   */
  readonly maxContainers?: number
  /**
   * Maximum number of metrics of a phase: the first to arrive, and always the objective. Values of other metrics are
   * ignored and counted. @default 1000
   */
  readonly maxMetrics?: number
  /** Maximum number of phases: the first to arrive. Records of other phases are ignored and counted. @default 1000 */
  readonly maxPhases?: number
}

/** Defaults of {@link AggregatesOptions}. */
export const AGGREGATES_DEFAULTS = {
  objective: DEFAULT_OBJECTIVE,
  topCount: 10,
  maxContainers: 100_000,
  maxMetrics: 1000,
  maxPhases: 1000,
} as const satisfies AggregatesOptions

const objectiveChecks: Checks<Objective> = { metric: text, direction: oneOf(['max', 'min']) }

/** Checks of {@link AggregatesOptions}. */
export const aggregatesChecks: Checks<AggregatesOptions> = {
  phase: anyText,
  fields: plainObject,
  objective: plainObject,
  topCount: integerFrom(0),
  maxContainers: integerFrom(1),
  maxMetrics: integerFrom(1),
  maxPhases: integerFrom(1),
}

/** The version of the result of {@link Aggregates.toJSON}. */
const STATE_VERSION = 2

/** Aggregates as JSON. */
export interface SavedAggregates {
  /** Version of this layout. */
  readonly version: number
  /** Options of the aggregates. */
  readonly options: AggregatesOptions
  /** Records left out because their phase is beyond `maxPhases`. */
  readonly droppedRecords: number
  /** State of each phase. */
  readonly phases: readonly SavedPhase[]
}

/**
 * Aggregates of records and batches.
 *
 * The summary does not depend on the order in which records are added or states are merged, with these exceptions:
 *
 * - Records of a container without identity, with equal timestamps or none, count in the order of arrival.
 * - Limits that are reached without identity keep the first to arrive.
 * - Sums have 106 bits.
 *
 * Memory: about 90 bytes for each container and metric, and 220 bytes for each container. That is 50 MB for 100,000
 * containers with three metrics. It is up to twice that while new containers arrive, because growing arrays are copied.
 * In addition, up to 64 KB for each metric of a phase.
 *
 * @example
 * const aggregates = new Aggregates({ objective: { metric: 'profit' } })
 * for (const batch of batches) aggregates.add(batch)
 * console.log(aggregates.summary().topPerformers)
 */
export class Aggregates implements SummarySource {
  readonly #options: PhaseAggregateOptions & { readonly maxPhases: number; readonly phase: string | undefined }
  readonly #phases = new Map<string, PhaseAggregate>()
  #droppedRecords = 0
  /** The phase of the previous record. The next record mostly has the same phase. */
  #last: PhaseAggregate | undefined

  /** @throws {SpillwayError} `ERR_SPILLWAY_OPTION` for a wrong option */
  constructor(given?: AggregatesOptions) {
    const options = resolveOptions('Aggregates', given, aggregatesChecks, AGGREGATES_DEFAULTS)
    this.#options = {
      ...options,
      phase: options.phase,
      fields: resolveFieldNames(options.fields),
      objective: resolveOptions('objective', options.objective, objectiveChecks, { direction: 'max' }),
    }
    expectValue('objective.metric', this.#options.objective.metric, text)
  }

  /** The objective by which records and containers are ranked. */
  get objective(): Required<Objective> {
    return this.#options.objective
  }

  /** Dotted path of the object in which the metrics of a record are found. */
  get metricsPath(): string {
    return this.#options.fields.metrics
  }

  /** Maximum length of the lists of top performers and best containers. */
  get topCount(): number {
    return this.#options.topCount
  }

  /** The states of the phases by name, in the order of their first record. */
  get aggregates(): ReadonlyMap<string, PhaseAggregate> {
    return this.#phases
  }

  /** Number of records that were ignored because their phase is beyond `maxPhases`. */
  get droppedRecords(): number {
    return this.#droppedRecords
  }

  /**
   * Adds a record, or a batch of records. A value that is not a record (see `isRecord`) is ignored.
   *
   * @param chunk - the record or batch; the identity in its notes (segments) is used if there is one
   * @param skip - indices within the batch to ignore, ascending
   */
  add(chunk: unknown, skip: readonly number[] = []): void {
    const records = recordsOf(chunk)
    let from = 0
    for (const segment of notesOf(chunk).segments ?? []) {
      const to = Math.min(from + segment.count, records.length)
      this.#addRun(records, from, to, segment, skip)
      from = to
    }
    this.#addRun(records, from, records.length, undefined, skip)
  }

  /** The summary of all records so far. Takes a few milliseconds for each 10,000 containers. */
  summary(): AggregateSummary {
    return summarizeWorkflow([this])
  }

  /** The summary of one phase so far. It is empty for a phase without records. */
  phaseSummary(phase: string): PhaseSummary {
    return summarizePhase(this.#phases.get(phase) ?? new PhaseAggregate(phase, this.#options), this)
  }

  /**
   * Iterates over the summaries of the containers of a phase, in container order. Each summary is computed when it is
   * requested. Yields nothing for a phase without records.
   */
  *containerSummaries(phase: string): Generator<ContainerSummary, void, undefined> {
    const aggregate = this.#phases.get(phase)
    if (aggregate !== undefined) yield* summarizeContainers(aggregate)
  }

  /**
   * Adds the records of `other`. They count as later records if nothing else orders them. Merging the states of parts
   * gives the state of the whole if no limit is reached.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_OPTION` when the objectives or the list lengths differ
   */
  merge(other: Aggregates): void {
    if (!(other instanceof Aggregates)) throw mismatch('an Aggregates', describeValue(other))
    if (other === this) throw mismatch('another state', 'this one itself')
    const { objective, topCount } = this.#options
    const theirs = other.#options
    if (objective.metric !== theirs.objective.metric || objective.direction !== theirs.objective.direction) {
      throw mismatch(`the objective ${nameOf(objective)}`, nameOf(theirs.objective))
    }
    if (topCount !== theirs.topCount) throw mismatch(`a topCount of ${topCount}`, String(theirs.topCount))
    for (const [name, aggregate] of other.#phases) {
      const own = this.#phase(name)
      if (own !== undefined) own.merge(aggregate)
      else for (const records of aggregate.groups.counts) this.#droppedRecords += records
    }
    this.#droppedRecords += other.#droppedRecords
  }

  /** The state and its options as JSON. {@link Aggregates.fromJSON} restores it exactly. */
  toJSON(): SavedAggregates {
    const { phase, fields, objective, topCount, maxContainers, maxMetrics, maxPhases } = this.#options
    const limits = { topCount, maxContainers, maxMetrics, maxPhases }
    return {
      version: STATE_VERSION,
      options: { ...(phase !== undefined && { phase }), fields, objective, ...limits },
      droppedRecords: this.#droppedRecords,
      phases: Array.from(this.#phases.values(), (aggregate) => aggregate.toJSON()),
    }
  }

  /**
   * Restores a state from the result of {@link toJSON}, directly or after a round trip through JSON text.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_INPUT` when it is malformed, `ERR_SPILLWAY_OPTION` when its options are
   *   invalid
   */
  static fromJSON(saved: unknown): Aggregates {
    const { version, options, droppedRecords, phases } = expectObject(saved, 'state')
    if (version !== STATE_VERSION) throw malformed('version')
    const aggregates = new Aggregates(expectObject(options, 'options'))
    aggregates.#droppedRecords = expectCount(droppedRecords, 'count of dropped records')
    for (const entry of expectList(phases, 'list of phases')) {
      const aggregate = PhaseAggregate.fromJSON(entry, aggregates.#options)
      if (aggregates.#phases.has(aggregate.phase)) throw malformed('list of phases')
      aggregates.#phases.set(aggregate.phase, aggregate)
    }
    return aggregates
  }

  #addRun(
    records: readonly unknown[],
    from: number,
    to: number,
    segment: Segment | undefined,
    skip: readonly number[],
  ): void {
    let skipped = 0
    while (skipped < skip.length && (skip[skipped] as number) < from) skipped++
    const phaseField = this.#options.fields.phase
    for (let place = from; place < to; place++) {
      if (skipped < skip.length && skip[skipped] === place) {
        skipped++
        continue
      }
      const record = records[place]
      if (!isRecord(record)) continue
      const phase = this.#phaseCalled(this.#options.phase ?? record[phaseField])
      if (phase === undefined) this.#droppedRecords++
      else if (segment === undefined || segment.containerIndex < 0) phase.add(record)
      else phase.addIdentified(record, segment.containerIndex, segment.iteration, segment.firstSeq + place - from)
    }
  }

  #phaseCalled(field: unknown): PhaseAggregate | undefined {
    const name = typeof field === 'string' ? field : phaseNameOf(field)
    if (this.#last?.phase !== name) this.#last = this.#phase(name)
    return this.#last
  }

  /** The phase with this name. Undefined when there would be too many phases. */
  #phase(name: string): PhaseAggregate | undefined {
    const known = this.#phases.get(name)
    if (known !== undefined || this.#phases.size >= this.#options.maxPhases) return known
    const aggregate = new PhaseAggregate(name, this.#options)
    this.#phases.set(name, aggregate)
    return aggregate
  }
}

function phaseNameOf(field: unknown): string {
  return typeof field === 'number' || typeof field === 'boolean' || typeof field === 'bigint'
    ? String(field)
    : DEFAULT_PHASE
}

function nameOf({ metric, direction }: Required<Objective>): string {
  return `${direction} of ${metric}`
}

function mismatch(expected: string, got: string): SpillwayError {
  return new SpillwayError(
    'ERR_SPILLWAY_OPTION',
    `Cannot merge aggregates: expected ${expected}, got ${got}. Create both with the same options.`,
  )
}
