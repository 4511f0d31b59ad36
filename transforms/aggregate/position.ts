/**
 * The position of a record in its phase: its container, and its place within the container. It decides all ties and all
 * "first" and "last" values. So they do not depend on the order of arrival.
 *
 * Order of containers: those with an identity by index, then iteration; after them those known only by name, null
 * first, then by UTF-16 code units. Order of records within a container: by sequence number if there is an identity,
 * else by timestamp.
 */
import { expectInteger, expectObject, expectTextOrNull, malformed } from './saved-state.ts'

/**
 * The key that orders the records of a container: a sequence number or a timestamp. A timestamp is a finite number or a
 * string. NaN if there is none. Numbers sort before strings. A record with a key takes precedence over a record without
 * one, both for "first" and for "last".
 */
export type OrderKey = number | string

/** The keys of the first and the last of some records. */
export interface KeyRange {
  firstKey: OrderKey
  lastKey: OrderKey
}

/** Identifies a container within its phase. */
export interface ContainerId {
  /** Index in the order of the phase's specs. -1 without an identity. */
  readonly index: number
  /** Iteration of the phase's sequence. 0 without an identity. */
  readonly iteration: number
  /** The container field of its earliest record. Null without one. */
  readonly name: string | null
}

/** The position of a record. */
export interface Position extends ContainerId {
  readonly key: OrderKey
}

/** The name of a container. Null if its field is missing, or is not a string, number, bigint or boolean. */
export function containerNameOf(field: unknown): string | null {
  if (typeof field === 'string') return field
  const isPlain = typeof field === 'number' || typeof field === 'boolean' || typeof field === 'bigint'
  return isPlain ? String(field) : null
}

/** The key of a timestamp. A Date is converted to its milliseconds, a bigint to a number. */
export function orderKeyOf(timestamp: unknown): OrderKey {
  if (typeof timestamp === 'string') return timestamp
  const value =
    timestamp instanceof Date ? timestamp.getTime() : typeof timestamp === 'bigint' ? Number(timestamp) : timestamp
  return typeof value === 'number' && Number.isFinite(value) ? value + 0 : NaN
}

/** Whether a new record with `key` becomes the first of its container. `held` is the key of the first record so far. */
export function takesFirst(key: OrderKey, held: OrderKey): boolean {
  if (typeof key === 'number') {
    return typeof held === 'number' ? key < held || (Number.isNaN(held) && !Number.isNaN(key)) : !Number.isNaN(key)
  }
  return typeof held === 'number' ? Number.isNaN(held) : key < held
}

/** Whether a new record with `key` becomes the last of its container. `held` is the key of the last record so far. */
export function takesLast(key: OrderKey, held: OrderKey): boolean {
  if (typeof key === 'number') return typeof held === 'number' && (key >= held || Number.isNaN(held))
  return typeof held === 'number' || key >= held
}

/** Compares strings by UTF-16 code units, as `Array.prototype.sort` does. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Compares containers, as for `Array.prototype.sort`. */
export function compareContainers(a: ContainerId, b: ContainerId): number {
  if (a.index >= 0 && b.index >= 0) return a.index - b.index || a.iteration - b.iteration
  if (a.index >= 0 || b.index >= 0) return a.index >= 0 ? -1 : 1
  if (a.name === null || b.name === null) return Number(a.name !== null) - Number(b.name !== null)
  return compareText(a.name, b.name)
}

/** Compares records: by container, then by key. Records without a key come last in their container. */
export function comparePositions(a: Position, b: Position): number {
  const order = compareContainers(a, b)
  if (order !== 0) return order
  return takesFirst(a.key, b.key) ? -1 : takesFirst(b.key, a.key) ? 1 : 0
}

/** A position as JSON. An {@link OrderKey} that is NaN becomes null. */
export type SavedPosition = ContainerId & { readonly key: OrderKey | null }

/** A key in its JSON form. */
export function saveKey(key: OrderKey): OrderKey | null {
  return typeof key === 'number' && Number.isNaN(key) ? null : key
}

/** @throws {SpillwayError} `ERR_SPILLWAY_INPUT` when the saved state is malformed */
export function restoreKey(saved: unknown): OrderKey {
  if (saved === null) return NaN
  if (typeof saved === 'string' || Number.isFinite(saved)) return saved as OrderKey
  throw malformed('order key')
}

/** @throws {SpillwayError} `ERR_SPILLWAY_INPUT` when the saved state is malformed */
export function restoreContainer(saved: Record<string, unknown>): ContainerId {
  const { index, iteration, name } = saved
  return {
    index: expectInteger(index, 'container index'),
    iteration: expectInteger(iteration, 'iteration'),
    name: expectTextOrNull(name, 'container name'),
  }
}

/** A position in its JSON form. */
export function savePosition({ index, iteration, name, key }: Position): SavedPosition {
  return { index, iteration, name, key: saveKey(key) }
}

/** @throws {SpillwayError} `ERR_SPILLWAY_INPUT` when the saved state is malformed */
export function restorePosition(saved: unknown): Position {
  const fields = expectObject(saved, 'position')
  return { ...restoreContainer(fields), key: restoreKey(fields['key']) }
}
