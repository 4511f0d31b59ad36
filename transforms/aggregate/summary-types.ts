/**
 * What aggregation answers with: plain, JSON-safe objects that are the same, down to the order of their keys, for any
 * order in which the records came. Objects keyed by names from outside have no prototype, and their keys are sorted
 * by UTF-16 code units (but for those that look like array indices, which JavaScript puts first).
 */

/** Whether more or less of a metric is better. */
export type ObjectiveDirection = 'max' | 'min'

/** What makes a record, or a container, better than another. */
export interface Objective {
  /** Name of the metric; nested ones by their dotted path. */
  readonly metric: string
  /** @default 'max' */
  readonly direction?: ObjectiveDirection
}

/** The objective when nothing else is said. */
export const DEFAULT_OBJECTIVE = { metric: 'sharpe_ratio', direction: 'max' } as const satisfies Required<Objective>

/** Statistics of the finite values of a metric; all but the counts are null when there are none. */
export interface Statistics {
  /** Finite values. */
  readonly count: number
  /** Values that were NaN or infinite: counted here, and in nothing else. */
  readonly nonFinite: number
  /** Arithmetic mean; null also when the sum is beyond the range of a double. */
  readonly mean: number | null
  /** Sample variance, with the divisor count - 1; null for fewer than two values, or beyond the range of a double. */
  readonly variance: number | null
  /** Square root of the variance. */
  readonly stddev: number | null
  /** Least value. */
  readonly min: number | null
  /** Greatest value. */
  readonly max: number | null
  /** Value of the earliest record that has one: of the first container, by sequence number or timestamp within it. */
  readonly first: number | null
  /** Value of the latest record that has one: of the last container, by sequence number or timestamp within it. */
  readonly last: number | null
}

/** Estimates within 1 % of the value at the rank `floor(fraction * (count - 1))`, counted from 0 upwards. */
export interface Quantiles {
  /** 1st percentile. */
  readonly p01: number
  /** 5th percentile. */
  readonly p05: number
  /** 25th percentile: the lower quartile. */
  readonly p25: number
  /** 50th percentile: the median. */
  readonly p50: number
  /** 75th percentile: the upper quartile. */
  readonly p75: number
  /** 95th percentile. */
  readonly p95: number
  /** 99th percentile. */
  readonly p99: number
}

/** A metric in a phase. */
export interface MetricSummary extends Statistics {
  /** Null when there are no finite values. */
  readonly quantiles: Quantiles | null
}

/** Which container of a phase. */
export interface ContainerPlace {
  /** The container field, as text; null where it is missing. With an identity: that of its earliest record. */
  readonly container: string | null
  /** Index of the container in the order of its phase's specs; null for records without an identity. */
  readonly index: number | null
  /** Iteration of the phase's sequence; null for records without an identity. */
  readonly iteration: number | null
}

/** A container in a phase. */
export interface ContainerSummary extends ContainerPlace {
  /** Records, with or without metrics. */
  readonly count: number
  /** By name; metrics the container does not have are left out. */
  readonly metrics: Readonly<Record<string, Statistics>>
}

/** One of the records with the best objective. */
export interface TopPerformer extends ContainerPlace {
  /** Name of the phase. */
  readonly phase: string
  /** The timestamp field: text or number as it was, a Date as ISO 8601; null where there is none. */
  readonly timestamp: string | number | null
  /** Its objective. */
  readonly value: number
  /** All its finite metrics, by name. */
  readonly metrics: Readonly<Record<string, number>>
}

/** One of the containers with the best mean objective. */
export interface BestContainer extends ContainerPlace {
  /** Name of the phase. */
  readonly phase: string
  /** Records that have the objective as a finite value. */
  readonly count: number
  /** Mean of the objective. */
  readonly mean: number
  /** The best value of the objective: its maximum, or minimum, as the direction says. */
  readonly best: number
}

/** One phase. */
export interface PhaseSummary {
  /** Its name; records without a phase belong to the one named `default`. */
  readonly phase: string
  /** Records. */
  readonly count: number
  /** Containers that have statistics of their own. */
  readonly containerCount: number
  /** Records of containers beyond `maxContainers`: part of all figures of the phase, but of no container's. */
  readonly otherCount: number
  /** By name. The figures of a phase are those of its containers taken together, in the order of the containers. */
  readonly metrics: Readonly<Record<string, MetricSummary>>
  /** Best first; of equal ones that of the earliest container, then the earliest record. */
  readonly topPerformers: readonly TopPerformer[]
  /** Best mean of the objective first; of equal ones the earliest container. */
  readonly bestContainers: readonly BestContainer[]
  /** Values left out, as they are of a metric beyond `maxMetrics`. */
  readonly droppedMetrics: number
}

/** All phases. */
export interface AggregateSummary {
  /** What makes a record or a container a top one. */
  readonly objective: Required<Objective>
  /** By name. */
  readonly phases: Readonly<Record<string, PhaseSummary>>
  /** The best records of all phases; of equal ones that of the phase whose name sorts first, then as in a phase. */
  readonly topPerformers: readonly TopPerformer[]
  /** Mean of each metric over all records of all phases, by name; null as in {@link Statistics}. */
  readonly averageMetrics: Readonly<Record<string, number | null>>
  /** The best containers of all phases; of equal ones that of the phase whose name sorts first, then as in a phase. */
  readonly bestContainers: readonly BestContainer[]
  /** Records left out, as they are of a phase beyond `maxPhases`. */
  readonly droppedRecords: number
}
