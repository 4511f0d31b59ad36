/**
 * Computes summaries from states. Containers are merged into phases, and phases into the workflow, always in the same
 * order. The time is about one row addition for each container and metric.
 */
import { DEFAULT_FIELD_NAMES } from '../../lib/core/record.ts'
import { OTHER } from './group-table.ts'
import type { MetricTable } from './metric-table.ts'
import type { PhaseAggregate } from './phase-aggregate.ts'
import { compareContainers, compareText, type ContainerId } from './position.ts'
import { StatisticsRows } from './statistics-rows.ts'
import { DEFAULT_OBJECTIVE } from './summary-types.ts'
import type {
  AggregateSummary,
  BestContainer,
  ContainerPlace,
  ContainerSummary,
  MetricSummary,
  MissingObjective,
  Objective,
  PhaseSummary,
  Quantiles,
  Statistics,
  TopPerformer,
} from './summary-types.ts'
import type { Candidate } from './top-candidate.ts'
import { TopList } from './top-list.ts'

const QUANTILES = { p01: 0.01, p05: 0.05, p25: 0.25, p50: 0.5, p75: 0.75, p95: 0.95, p99: 0.99 } as const

export type * from './summary-types.ts'

/** The objective by which a summary ranks, and the maximum length of its lists. */
interface Ranking {
  readonly objective: Required<Objective>
  readonly topCount: number
}

/** The input of a summary: an `Aggregates`. */
export interface SummarySource extends Ranking {
  /** By name. */
  readonly aggregates: ReadonlyMap<string, PhaseAggregate>
  readonly droppedRecords: number
  /** Dotted path of the object in which the metrics of a record are found. */
  readonly metricsPath: string
}

/** Limit of the names in a {@link MissingObjective}. */
const MAX_SEEN = 100

/** The summary of one phase. */
export function summarizePhase(aggregate: PhaseAggregate, ranking: Ranking): PhaseSummary {
  const { groups } = aggregate
  const metrics: Record<string, MetricSummary> = emptyRecord()
  for (const table of sortedMetrics(aggregate)) metrics[table.name] = summarizeMetric(aggregate, table)
  let count = 0
  for (const records of groups.counts) count += records
  return {
    phase: aggregate.phase,
    count,
    containerCount: groups.size - 1,
    otherCount: groups.counts[OTHER] as number,
    metrics,
    topPerformers: aggregate.top.map((candidate) => topPerformer(aggregate.phase, candidate)),
    bestContainers: bestContainers(aggregate, ranking),
    droppedMetrics: aggregate.droppedMetrics,
  }
}

/**
 * The summary of all phases of several states. A phase that occurs in several states is merged, in the given order.
 * Otherwise nothing is copied.
 *
 * @param ranking - by default that of the first state
 */
export function summarizeWorkflow(
  sources: readonly SummarySource[],
  ranking: Ranking = sources[0] ?? { objective: DEFAULT_OBJECTIVE, topCount: 0 },
): AggregateSummary {
  const { objective } = ranking
  const phases: Record<string, PhaseSummary> = emptyRecord()
  const aggregates = phasesOf(sources)
  const summaries = aggregates.map((aggregate) => summarizePhase(aggregate, ranking))
  for (const summary of summaries) phases[summary.phase] = summary
  const metricsPath = sources[0]?.metricsPath ?? DEFAULT_FIELD_NAMES.metrics
  return {
    objective: { ...objective },
    missingObjective: missingObjective(phases, objective.metric, metricsPath),
    count: Object.values(phases).reduce((sum, { count }) => sum + count, 0),
    phases,
    topPerformers: summaries.flatMap((summary) => summary.topPerformers),
    averageMetrics: averageMetrics(aggregates),
    bestContainers: summaries.flatMap((summary) => summary.bestContainers),
    droppedRecords: sources.reduce((sum, { droppedRecords }) => sum + droppedRecords, 0),
  }
}

/** What is known about an objective without values. Null if it has one, or there are no records. */
function missingObjective(
  phases: Readonly<Record<string, PhaseSummary>>,
  metric: string,
  readFrom: string,
): MissingObjective | null {
  const all = Object.values(phases)
  const hasRecords = all.some(({ count }) => count > 0)
  if (!hasRecords || all.some(({ metrics }) => (metrics[metric]?.count ?? 0) > 0)) return null
  const seen = new Set(all.flatMap(({ metrics }) => Object.keys(metrics)))
  return { metric, seen: [...seen].sort(compareText).slice(0, MAX_SEEN), readFrom }
}

/** Iterates over the containers of a phase, in container order. Each summary is computed when it is requested. */
export function* summarizeContainers(aggregate: PhaseAggregate): Generator<ContainerSummary, void, undefined> {
  const tables = sortedMetrics(aggregate)
  for (const group of aggregate.groups.inOrder()) {
    const metrics: Record<string, Statistics> = emptyRecord()
    for (const { name, rows } of tables) if (rows.seenIn(group) > 0) metrics[name] = rows.describe(group)
    const count = aggregate.groups.counts[group] as number
    yield { ...placeOf(aggregate.groups.containerOf(group)), count, metrics }
  }
}

function summarizeMetric(aggregate: PhaseAggregate, table: MetricTable): MetricSummary {
  const total = totalOf(aggregate, table)
  const estimates = table.sketch.quantiles(Object.values(QUANTILES))
  // Minimum and maximum are known exactly, so no estimate lies outside them.
  const within = (estimate: number): number => Math.min(total.maxIn(0), Math.max(total.minIn(0), estimate))
  const named = Object.keys(QUANTILES).map((name, place) => [name, within(estimates[place] as number)])
  return {
    ...total.describe(0),
    quantiles: estimates.length === 0 ? null : (Object.fromEntries(named) as Quantiles),
  }
}

/** The phases of all sources, in the order of their names. */
function phasesOf(sources: readonly SummarySource[]): PhaseAggregate[] {
  const byName = new Map<string, PhaseAggregate[]>()
  for (const { aggregates } of sources) {
    for (const [name, aggregate] of aggregates) byName.set(name, [...(byName.get(name) ?? []), aggregate])
  }
  const names = [...byName.keys()].sort(compareText)
  return names.map((name) => {
    const [first, ...others] = byName.get(name) as [PhaseAggregate, ...PhaseAggregate[]]
    return others.length === 0 ? first : first.mergedWith(others)
  })
}

/** The rows of all groups, merged into one in the order of the containers. */
function totalOf({ groups }: PhaseAggregate, { rows, otherFirst, otherLast }: MetricTable): StatisticsRows {
  const total = new StatisticsRows(1)
  let first = OTHER
  let last = OTHER
  for (const group of groups.inOrder()) {
    total.merge(0, rows, group)
    if (rows.countIn(group) === 0) continue
    if (first === OTHER) first = group
    last = group
  }
  total.merge(0, rows, OTHER)
  if (first === OTHER || (otherFirst !== null && compareContainers(otherFirst, groups.containerOf(first)) < 0)) {
    first = OTHER
  }
  if (last === OTHER || (otherLast !== null && compareContainers(otherLast, groups.containerOf(last)) > 0)) {
    last = OTHER
  }
  total.placeFirst(rows.firstIn(first), 0)
  total.placeLast(rows.lastIn(last), 0)
  return total
}

function averageMetrics(aggregates: readonly PhaseAggregate[]): Record<string, number | null> {
  const totals = new Map<string, StatisticsRows>()
  for (const aggregate of aggregates) {
    for (const table of aggregate.metrics.values()) {
      let total = totals.get(table.name)
      if (total === undefined) totals.set(table.name, (total = new StatisticsRows(1)))
      total.merge(0, totalOf(aggregate, table), 0)
    }
  }
  const averages: Record<string, number | null> = emptyRecord()
  for (const [name, total] of [...totals].sort(([a], [b]) => compareText(a, b))) averages[name] = total.meanIn(0)
  return averages
}

function bestContainers(aggregate: PhaseAggregate, { objective, topCount }: Ranking): readonly BestContainer[] {
  const best = new TopList<{ group: number; mean: number }>(topCount, (a, b) => better(a.mean, b.mean, objective))
  const rows = aggregate.metrics.get(objective.metric)?.rows
  if (rows === undefined) return []
  for (const group of aggregate.groups.inOrder()) {
    const mean = rows.meanIn(group)
    if (mean !== null) best.add({ group, mean })
  }
  return best.entries.map(({ group, mean }) => ({
    phase: aggregate.phase,
    ...placeOf(aggregate.groups.containerOf(group)),
    count: rows.countIn(group),
    mean,
    best: objective.direction === 'max' ? rows.maxIn(group) : rows.minIn(group),
  }))
}

function topPerformer(phase: string, { position, timestamp, value, metrics }: Candidate): TopPerformer {
  const byName: Record<string, number> = emptyRecord()
  for (const [name, metric] of metrics) byName[name] = metric
  return { phase, ...placeOf(position), timestamp, value, metrics: byName }
}

function placeOf({ index, iteration, name }: ContainerId): ContainerPlace {
  return { container: name, index: index < 0 ? null : index, iteration: index < 0 ? null : iteration }
}

function better(a: number, b: number, { direction }: Required<Objective>): number {
  return direction === 'max' ? b - a : a - b
}

function sortedMetrics({ metrics }: PhaseAggregate): MetricTable[] {
  return [...metrics.values()].sort((a, b) => compareText(a.name, b.name))
}

function emptyRecord<Value>(): Record<string, Value> {
  return Object.create(null) as Record<string, Value>
}
