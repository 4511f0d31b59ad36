/**
 * The value contract: what each JavaScript value in a record counts as, in every format alike, and which values no
 * file can hold. It is always on.
 */
import { messageOf } from '../../lib/core/errors.ts'
import { joinPath } from '../../lib/core/field-path.ts'

/** What a value counts as. A `custom` object is written as what its `toJSON` returns. */
export type ValueKind =
  'nothing' | 'boolean' | 'number' | 'bigint' | 'string' | 'date' | 'bytes' | 'array' | 'object' | 'custom' | 'refused'

/** Levels of nesting a record may have; what is deeper is refused, and so are cycles. */
export const MAX_DEPTH = 200

/** Why a record was turned away, and the field that is to blame. */
export interface Refusal {
  /** `value`: the format cannot hold it. `drift`: the columns of this file cannot. `error`: it must fail the stream. */
  readonly kind: 'value' | 'drift' | 'error'
  readonly reason: string
  /** Dotted path, absent when the record as a whole is to blame. */
  readonly field?: string
}

/** Classifies a value by the value contract. */
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

/** Classifies an object; apart from plain objects and arrays only Dates, bytes and objects with a toJSON can be written. */
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

/** What a `custom` object stands for, which is never `custom` itself. */
export function customValue(value: unknown): unknown {
  let result = value
  for (let calls = 0; kindOf(result) === 'custom'; calls++) {
    if (calls > MAX_DEPTH) throw new TypeError('its toJSON returns an object with a toJSON, without end')
    result = (result as { toJSON(): unknown }).toJSON()
  }
  return result
}

/** Names a refused value in words: `a function`, `a Map`, `an invalid Date`. */
export function describeRefused(value: unknown): string {
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`
  if (value instanceof Date) return 'an invalid Date'
  return `a ${Object.prototype.toString.call(value).slice('[object '.length, -1)}`
}

/**
 * Finds the first value in `record` that no format can hold: a function, a symbol, a Map, an invalid Date, a cycle,
 * something nested too deeply or that throws when it is read, or a record that is not an object. Undefined when all
 * can be written.
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

/** Finds the first number in `record` that is not finite, to be refused as an error. */
export function findNonFinite(record: unknown): Refusal | undefined {
  return findValue(record, (value) =>
    typeof value === 'number' && !Number.isFinite(value)
      ? { kind: 'error', reason: `${value} has no form in JSON` }
      : undefined,
  )
}

function refuseKinds(value: unknown): Refusal | undefined {
  return kindOf(value) === 'refused'
    ? { kind: 'value', reason: `${describeRefused(value)} cannot be written` }
    : undefined
}

/** Walks over all values depth first and returns the first refusal, with the path of its value. */
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
