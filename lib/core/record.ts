/**
 * The records that flow through the toolkit: plain objects. The toolkit reads three of their fields and their metrics.
 */
import type { Readable } from 'node:stream'
import { text, resolveOptions, type Checks } from './options.ts'

/**
 * One result: any plain object. `phase`, `container` and `timestamp` are read if present, and every numeric leaf under
 * `result.metrics` is a metric. Where there is nothing, metrics are read from the object `metrics`, or from the top level
 * of a record that has the objective there. Make a new object for each record. The toolkit keeps references until they are written.
 * If an object is changed and written again before that, its earlier data is lost.
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

/** What reads all items of a stream, with their type. */
interface Items<Item> extends AsyncIterable<Item> {
  toArray(options?: Parameters<Readable['toArray']>[0]): Promise<Item[]>
}

/**
 * A stream of items of a known type. It is a Readable, or the `Stream` that is given. It is an intersection: an interface
 * that narrows the iterator would not be a `NodeJS.ReadableStream`, which `pipeline` takes.
 */
export type TypedReadable<Item, Stream extends Readable = Readable> = Items<Item> & Stream

/** What a stream of rows emits: arrays of rows with `batches: true`, else rows. */
export type RowItem<Row, Batches extends boolean> = Batches extends true ? Row[] : Row

/** Options with `batches`, whose value is part of the type. */
export type WithBatches<Options, Batches extends boolean> = Options & {
  /** Emit arrays of rows. @default false */
  readonly batches?: Batches
}

/** The names of the fields that the toolkit reads. */
export interface FieldNames {
  /** Field with the name of the phase. @default 'phase' */
  readonly phase?: string
  /** Field with the id of the container. @default 'container' */
  readonly container?: string
  /** Field with the time of the record. @default 'timestamp' */
  readonly timestamp?: string
  /** Dotted path of the object whose numeric leaves are the metrics. @default 'result.metrics' */
  readonly metrics?: string
}

/** {@link FieldNames} with every name set. */
export type ResolvedFieldNames = Required<FieldNames>

const checks: Checks<FieldNames> = { phase: text, container: text, timestamp: text, metrics: text }

/** The default names of the fields. */
export const DEFAULT_FIELD_NAMES = {
  phase: 'phase',
  container: 'container',
  timestamp: 'timestamp',
  metrics: 'result.metrics',
} as const satisfies ResolvedFieldNames

/**
 * Adds the default names for fields that are not given.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION` for an unknown field, or a name that is not a non-empty string
 */
export function resolveFieldNames(given?: FieldNames): ResolvedFieldNames {
  return resolveOptions('fields', given, checks, DEFAULT_FIELD_NAMES)
}

/** The phase of records without a phase. */
export const DEFAULT_PHASE = 'default'

/** Why a value that is not a record is rejected. */
export const NOT_A_RECORD = 'a record must be an object'

/** Whether `value` can be a record: an object that is not an array, a Date, a byte array or another built-in object. */
export function isRecord(value: unknown): value is ResultRecord {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  try {
    // The most frequent case; reading the prototype takes ten times as long.
    if ((value as { readonly constructor?: unknown }).constructor === Object) return true
  } catch {
    // `constructor` is a getter that throws. The stage that reads all fields reports its error.
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return true
  return Object.prototype.toString.call(value) === '[object Object]'
}
