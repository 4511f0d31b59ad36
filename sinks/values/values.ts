/**
 * The value contract: how each JavaScript value in a record is written, and which values no file can contain. It is the
 * same in every format and always applies.
 */
import { messageOf } from '../../lib/core/errors.ts'
import { joinPath } from '../../lib/core/field-path.ts'

/** The kind of a value. A `custom` object is written as the result of its `toJSON`. */
export type ValueKind =
  'nothing' | 'boolean' | 'number' | 'bigint' | 'string' | 'date' | 'bytes' | 'array' | 'object' | 'custom' | 'refused'

/** Maximum nesting of a record, in levels. Deeper records are refused, and so are cycles. */
export const MAX_DEPTH = 200

/** Why a record was refused, and the field that is the cause. */
export interface Refusal {
  /**
   * `value`: no file of the format can contain it. `drift`: it does not fit the columns of this file. `error`: the
   * stream must fail.
   */
  readonly kind: 'value' | 'drift' | 'error'
  readonly reason: string
  /** Dotted path of the field. Absent when the record as a whole is the cause. */
  readonly field?: string
}

/** Classifies a value according to the value contract. */
export function kindOf(value: unknown): ValueKind {
  switch (typeof value) {
    case 'string':
      return 'string'
    case 'number':
      return 'number'
    case 'boolean':
      return 'boolean'
    case 'undefined':
      return 'nothing'
    case 'bigint':
      return 'bigint'
    case 'object':
      return value === null ? 'nothing' : kindOfObject(value)
    default:
      return 'refused'
  }
}

/**
 * Classifies an object. Only plain objects, arrays, valid Dates, Uint8Arrays and objects with a `toJSON` can be
 * written.
 */
export function kindOfObject(value: object): ValueKind {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return hasToJson(value) ? 'custom' : 'object'
  if (Array.isArray(value)) return 'array'
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'refused' : 'date'
  if (value instanceof Uint8Array) return 'bytes'
  if (hasToJson(value)) return 'custom'
  return Object.prototype.toString.call(value) === '[object Object]' ? 'object' : 'refused'
}

function hasToJson(value: object): boolean {
  return typeof (value as { toJSON?: unknown }).toJSON === 'function'
}

/** The value that a `custom` object is written as. The result is never `custom` itself. */
export function customValue(value: unknown): unknown {
  let result = value
  for (let calls = 0; kindOf(result) === 'custom'; calls++) {
    if (calls > MAX_DEPTH) throw new TypeError('its toJSON returns objects with a toJSON endlessly')
    result = (result as { toJSON(): unknown }).toJSON()
  }
  return result
}

/** Describes a refused value: `a function`, `a Map`, `an invalid Date`. */
export function describeRefused(value: unknown): string {
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`
  if (value instanceof Date) return 'an invalid Date'
  return `a ${Object.prototype.toString.call(value).slice('[object '.length, -1)}`
}

/**
 * Finds the first value in `record` that no format can contain:
 *
 * - a function, a symbol, a Map, an invalid Date
 * - a cycle, or a value that is nested too deeply
 * - a value that throws when it is read
 * - a record that is not an object
 *
 * Undefined when everything can be written.
 */
export function findRefused(record: unknown): Refusal | undefined {
  try {
    const whole = kindOf(record) === 'custom' ? customValue(record) : record
    const kind = kindOf(whole)
    if (kind === 'object') return findValue(record, refuseKinds)
    return {
      kind: 'value',
      reason: `a record must be an object, got ${kind === 'refused' ? describeRefused(whole) : kind}`,
    }
  } catch (thrown) {
    return refuseUnreadable(thrown)
  }
}

/** The refusal of a value that threw when it was read. */
export function refuseUnreadable(thrown: unknown): Refusal {
  return { kind: 'value', reason: `could not be read: ${messageOf(thrown)}` }
}

/** Finds the first number in `record` that is not finite, as a refusal of kind `error`. */
export function findNonFinite(record: unknown): Refusal | undefined {
  return findValue(record, (value) =>
    typeof value === 'number' && !Number.isFinite(value)
      ? { kind: 'error', reason: `${value} cannot be represented in JSON` }
      : undefined,
  )
}

function refuseKinds(value: unknown): Refusal | undefined {
  return kindOf(value) === 'refused'
    ? { kind: 'value', reason: `${describeRefused(value)} cannot be written` }
    : undefined
}

/** Walks over all values depth-first and returns the first refusal, with the path of its value. */
function findValue(
  value: unknown,
  refuse: (value: unknown) => Refusal | undefined,
  path?: string,
  ancestors: readonly unknown[] = [],
): Refusal | undefined {
  const refusal = refuse(value) ?? refuseNesting(value, ancestors)
  if (refusal !== undefined) return path === undefined ? refusal : { ...refusal, field: path }
  const kind = kindOf(value)
  const below = [...ancestors, value]
  if (kind === 'custom') return findValue(customValue(value), refuse, path, below)
  if (kind !== 'object' && kind !== 'array') return undefined
  for (const key of Object.keys(value as object)) {
    const found = findIn(value as Record<string, unknown>, key, refuse, joinPath(path, key), below)
    if (found !== undefined) return found
  }
  return undefined
}

function findIn(
  object: Record<string, unknown>,
  key: string,
  refuse: (value: unknown) => Refusal | undefined,
  path: string,
  ancestors: readonly unknown[],
): Refusal | undefined {
  try {
    return findValue(object[key], refuse, path, ancestors)
  } catch (thrown) {
    return { ...refuseUnreadable(thrown), field: path }
  }
}

function refuseNesting(value: unknown, ancestors: readonly unknown[]): Refusal | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (ancestors.includes(value)) return { kind: 'value', reason: 'a cycle cannot be written' }
  if (ancestors.length > MAX_DEPTH) return { kind: 'value', reason: `nested deeper than ${MAX_DEPTH} levels` }
  return undefined
}
