/**
 * A candidate for the top performers: the data that is kept of a record, and its rank.
 */
import {
  compareText,
  comparePositions,
  restorePosition,
  savePosition,
  type Position,
  type SavedPosition,
} from './position.ts'
import type { FoundMetrics } from './metric-tree.ts'
import { decodeDoubles, encodeDoubles, expectList, expectObject, expectText, malformed } from './saved-state.ts'
import type { ObjectiveDirection } from './summary-types.ts'
import type { TopList } from './top-list.ts'

/** The data that is kept of a record. */
export interface Candidate {
  readonly position: Position
  /** A string or number unchanged, a Date as ISO 8601. Null if there is none. */
  readonly timestamp: string | number | null
  readonly value: number
  /** The finite metrics of the record, by name. */
  readonly metrics: readonly (readonly [name: string, value: number])[]
}

/** A candidate as JSON. */
export interface SavedCandidate {
  readonly position: SavedPosition
  readonly timestamp: string | number | null
  readonly names: readonly string[]
  /** The objective, then the metrics. */
  readonly values: string
}

/** Compares candidates: the better objective first, and the earlier record first if equal. */
export function compareCandidates(a: Candidate, b: Candidate, direction: ObjectiveDirection): number {
  const order = direction === 'max' ? b.value - a.value : a.value - b.value
  return order === 0 ? comparePositions(a.position, b.position) : order
}

/** Whether a record with this objective and position may enter the list. */
export function canEnter(
  list: TopList<Candidate>,
  value: number,
  position: Position,
  direction: ObjectiveDirection,
): boolean {
  const { worst, full } = list
  if (!full) return true
  if (worst === undefined) return false
  if (value === worst.value) return comparePositions(position, worst.position) < 0
  return direction === 'max' ? value > worst.value : value < worst.value
}

/** Creates the candidate of a record. */
export function makeCandidate(
  { index, iteration, name, key }: Position,
  timestamp: unknown,
  value: number,
  { tables, values, count }: FoundMetrics,
): Candidate {
  const metrics = tables.slice(0, count).map(({ name }, place): [string, number] => [name, values[place] as number])
  return {
    position: { index, iteration, name, key },
    timestamp: plainTimestamp(timestamp),
    value,
    metrics: metrics.filter(([, metric]) => Number.isFinite(metric)).sort(([a], [b]) => compareText(a, b)),
  }
}

/** A candidate in its JSON form. */
export function saveCandidate({ position, timestamp, value, metrics }: Candidate): SavedCandidate {
  return {
    position: savePosition(position),
    timestamp,
    names: metrics.map(([name]) => name),
    values: encodeDoubles(Float64Array.of(value, ...metrics.map(([, metric]) => metric))),
  }
}

/** Restores a candidate. @throws {SpillwayError} `ERR_SPILLWAY_INPUT` when the saved state is malformed */
export function restoreCandidate(saved: unknown): Candidate {
  const { position, timestamp, names, values } = expectObject(saved, 'top performer')
  const [value, ...metrics] = decodeDoubles(values, 'metrics of a top performer')
  const keys = expectList(names, 'metrics of a top performer').map((name) => expectText(name, 'metric name'))
  if (value === undefined || keys.length !== metrics.length || ![value, ...metrics].every(Number.isFinite)) {
    throw malformed('metrics of a top performer')
  }
  if (timestamp !== null && typeof timestamp !== 'string' && !Number.isFinite(timestamp)) throw malformed('timestamp')
  return {
    position: restorePosition(position),
    timestamp: timestamp as Candidate['timestamp'],
    value,
    metrics: keys.map((name, place) => [name, metrics[place] as number]),
  }
}

function plainTimestamp(timestamp: unknown): Candidate['timestamp'] {
  if (typeof timestamp === 'string') return timestamp
  if (timestamp instanceof Date) return Number.isNaN(timestamp.getTime()) ? null : timestamp.toISOString()
  const value = typeof timestamp === 'bigint' ? Number(timestamp) : timestamp
  return typeof value === 'number' && Number.isFinite(value) ? value + 0 : null
}
