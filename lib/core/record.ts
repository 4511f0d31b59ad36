/**
 * What flows through the toolkit: plain objects, of which it reads three fields and the metrics.
 */
import { text, resolveOptions, type Checks } from './options.ts'

/**
 * One result. Any plain object will do; `phase`, `container` and `timestamp` are read where they exist, and
 * every numeric leaf under `result.metrics` is a metric. Give each record an object of its own: one object
 * changed and handed over again costs data, as the toolkit keeps references until they are written.
 */
export interface ResultRecord {
  /** Name of the phase, a string; `default` where it is missing. */
  readonly phase?: unknown
  /** Id of the container. */
  readonly container?: unknown
  /** When the result was made: a text, a number or a Date. */
  readonly timestamp?: unknown
  /** The result; its numeric leaves under `metrics` are aggregated. */
  readonly result?: unknown
  readonly [field: string]: unknown
}

/** The names of the fields the toolkit reads. */
export interface FieldNames {
  /** @default 'phase' */
  readonly phase?: string
  /** @default 'container' */
  readonly container?: string
  /** @default 'timestamp' */
  readonly timestamp?: string
  /** Dotted path of the object whose numeric leaves are the metrics. @default 'result.metrics' */
  readonly metrics?: string
}

/** {@link FieldNames} with every name set. */
export type ResolvedFieldNames = Required<FieldNames>

const checks: Checks<FieldNames> = { phase: text, container: text, timestamp: text, metrics: text }

/** The names of the fields read when nothing else is said. */
export const DEFAULT_FIELD_NAMES = {
  phase: 'phase',
  container: 'container',
  timestamp: 'timestamp',
  metrics: 'result.metrics',
} as const satisfies ResolvedFieldNames

/**
 * Lays `given` over the default names.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION`
 */
export function resolveFieldNames(given?: FieldNames): ResolvedFieldNames {
  return resolveOptions('fields', given, checks, DEFAULT_FIELD_NAMES)
}

/** The phase of records that name none. */
export const DEFAULT_PHASE = 'default'

/** Whether `value` can be a record: an object that is not an array, a Date, bytes or another built-in container. */
export function isRecord(value: unknown): value is ResultRecord {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  try {
    // By far the usual case; asking for the prototype costs ten times as much.
    if ((value as { readonly constructor?: unknown }).constructor === Object) return true
  } catch {
    // A getter of that name: what it does is for those to meet who read all fields.
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return true
  return Object.prototype.toString.call(value) === '[object Object]'
}
