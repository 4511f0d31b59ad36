/**
 * The results of an aggregation: plain objects that can be written as JSON. They are the same for any order of the
 * records, including the order of their keys. Objects keyed by names from records have no prototype. Their keys are
 * sorted by UTF-16 code units, except keys that look like array indices, which JavaScript puts first.
 */

/** Whether larger or smaller values of a metric are better. */
export type ObjectiveDirection = 'max' | 'min'

/** The objective by which records and containers are ranked. */
export interface Objective {
  /** Name of the metric. Nested metrics have a dotted path. */
  readonly metric: string
  /** Whether larger or smaller values are better. @default 'max' */
  readonly direction?: ObjectiveDirection
}

/** The default objective. */
export const DEFAULT_OBJECTIVE = { metric: 'sharpe_ratio', direction: 'max' } as const satisfies Required<Objective>

/** Statistics of the finite values of a metric. Without finite values, all fields except the counts are null. */
export interface Statistics {
  /** Number of finite values. */
  readonly count: number
  /** Number of values that were NaN or infinite. They affect no other field. */
  readonly nonFinite: number
  /** Arithmetic mean. Also null when the sum is beyond the range of a double. */
  readonly mean: number | null
  /** Sample variance, with the divisor count - 1. Null for fewer than two values, or beyond the range of a double. */
  readonly variance: number | null
  /** Square root of the variance. */
  readonly stddev: number | null
  /** Least value. */
  readonly min: number | null
  /** Greatest value. */
  readonly max: number | null
  /** Value of the first record that has one: of the first container, by sequence number or timestamp within it. */
  readonly first: number | null
  /** Value of the last record that has one: of the last container, by sequence number or timestamp within it. */
  readonly last: number | null
}

/**
 * Estimated quantiles. Each is within 1 % of the value at the rank `floor(fraction * (count - 1))`, counted from 0 in
 * ascending order.
 */
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

/** The statistics of a metric in a phase. */
export interface MetricSummary extends Statistics {
  /** Null when there are no finite values. */
  readonly quantiles: Quantiles | null
}

/** Identifies a container of a phase. */
export interface ContainerPlace {
  /** The container field, as text. Null if it is missing. With an identity: the field of its earliest record. */
  readonly container: string | null
  /** Index of the container in the order of its phase's specs. Null for records without an identity. */
  readonly index: number | null
  /** Iteration of the phase's sequence. Null for records without an identity. */
  readonly iteration: number | null
}

/** The summary of a container in a phase. */
export interface ContainerSummary extends ContainerPlace {
  /** Number of records, with or without metrics. */
  readonly count: number
  /** Statistics by metric name. Metrics that the container does not have are omitted. */
  readonly metrics: Readonly<Record<string, Statistics>>
}

/** One of the records with the best objective. */
export interface TopPerformer extends ContainerPlace {
  /** Name of the phase. */
  readonly phase: string
  /** The timestamp field: a string or number unchanged, a Date as ISO 8601. Null if there is none. */
  readonly timestamp: string | number | null
  /** The value of its objective. */
  readonly value: number
  /** All its finite metrics, by name. */
  readonly metrics: Readonly<Record<string, number>>
}

/** One of the containers with the best mean objective. */
export interface BestContainer extends ContainerPlace {
  /** Name of the phase. */
  readonly phase: string
  /** Number of records with a finite value of the objective. */
  readonly count: number
  /** Mean of the objective. */
  readonly mean: number
  /** The best value of the objective: its maximum or minimum, depending on the direction. */
  readonly best: number
}

/** The summary of one phase. */
export interface PhaseSummary {
  /** Its name. Records without a phase belong to the phase `default`. */
  readonly phase: string
  /** Number of records. */
  readonly count: number
  /** Number of containers with their own statistics. */
  readonly containerCount: number
  /** Number of records of containers beyond `maxContainers`. They count for the phase, but not for any container. */
  readonly otherCount: number
  /** Statistics by metric name: those of all its containers merged, in the order of the containers. */
  readonly metrics: Readonly<Record<string, MetricSummary>>
  /**
   * The best records, best first. If equal, the record of the first container comes first, then the earliest record.
   */
  readonly topPerformers: readonly TopPerformer[]
  /** The containers with the best mean of the objective, best first. If equal, the first container comes first. */
  readonly bestContainers: readonly BestContainer[]
  /** Number of values that were ignored because their metric is beyond `maxMetrics`. */
  readonly droppedMetrics: number
}

/** What records have, when none of them has a finite value of the objective, so that nothing is ranked. */
export interface MissingObjective {
  /** The metric of the objective. */
  readonly metric: string
  /**
   * Names of the metrics of all phases: the first 100 of them, sorted. The metric itself is one if all its values are
   * NaN or infinite.
   */
  readonly seen: readonly string[]
  /** Dotted path of the object in which the metrics of a record are looked for first. */
  readonly readFrom: string
}

/** The summary of all phases. */
export interface AggregateSummary {
  /** What makes a record or a container a top one. */
  readonly objective: Required<Objective>
  /** Null if a record has a finite value of the objective, or there are no records. */
  readonly missingObjective: MissingObjective | null
  /** Number of records of all phases. */
  readonly count: number
  /** By name. */
  readonly phases: Readonly<Record<string, PhaseSummary>>
  /**
   * The best records of each phase, in the order of the names of the phases. The records of several phases are not
   * ranked together: their metrics may mean different things.
   */
  readonly topPerformers: readonly TopPerformer[]
  /** Mean of each metric over all records of all phases, by name. Null as in {@link Statistics}. */
  readonly averageMetrics: Readonly<Record<string, number | null>>
  /** The best containers of each phase, in the order of the names of the phases. As `topPerformers`, they are not mixed. */
  readonly bestContainers: readonly BestContainer[]
  /** Number of records that were ignored because their phase is beyond `maxPhases`. */
  readonly droppedRecords: number
}
