/**
 * Converts values to JSON text according to the value contract. `JSON.stringify` is used wherever its text is correct.
 * One walk over the value finds out whether it is. A serializer in this file handles the values that `JSON.stringify`
 * gets wrong: bigints, bytes, -0, and numbers that are not finite.
 */
import {
  customValue,
  findNonFinite,
  findRefused,
  kindOf,
  kindOfObject,
  MAX_DEPTH,
  refuseUnreadable,
  type Refusal,
} from './values.ts'

/**
 * How to write a number that is not finite: as null (counted), as its name, or not at all. `error` fails the stream.
 */
export type NonFinitePolicy = 'null' | 'text' | 'error'

/** What a walk over a value found, as bit flags. */
const CLEAN = 0
const NON_FINITE = 1
const SPECIAL = 2
const REFUSED = 4

/** Converts records to JSON text and counts the values that JSON cannot represent. */
export class JsonText {
  readonly #policy: NonFinitePolicy
  #nonFinite = 0
  #refusal: Refusal | undefined

  constructor(policy: NonFinitePolicy) {
    this.#policy = policy
  }

  /** Numbers so far that were not finite. */
  get nonFinite(): number {
    return this.#nonFinite
  }

  /** Subtracts `count` from {@link nonFinite}, for numbers whose text was not used. */
  uncount(count: number): void {
    this.#nonFinite -= count
  }

  /** Why the last {@link ofRecord} returned undefined. */
  get refusal(): Refusal | undefined {
    return this.#refusal
  }

  /** The text of a record. Undefined when it must be refused, see {@link refusal}. */
  ofRecord(record: unknown): string | undefined {
    try {
      const found = inspect(record, 0)
      const kind = kindOf(record)
      if (found === CLEAN && kind === 'object') return JSON.stringify(record)
      if (kind === 'custom') return this.ofRecord(customValue(record))
      this.#refusal = findRefused(record) ?? (this.#policy === 'error' ? findNonFinite(record) : undefined)
      return this.#refusal === undefined ? this.#serialize(record) : undefined
    } catch (thrown) {
      this.#refusal = findRefused(record) ?? refuseUnreadable(thrown)
      return undefined
    }
  }

  /** The text of a value within a record. Undefined when the value contains something that must be refused. */
  ofValue(value: unknown): string | undefined {
    const found = inspect(value, 0)
    if (found === CLEAN) return JSON.stringify(value)
    return (found & REFUSED) === 0 ? this.#serialize(value) : undefined
  }

  #serialize(value: unknown): string {
    switch (kindOf(value)) {
      case 'number':
        return this.#serializeNumber(value as number)
      case 'bigint':
        return String(value)
      case 'bytes':
        return JSON.stringify(toBase64(value as Uint8Array))
      case 'custom':
        return this.#serialize(customValue(value))
      case 'array':
        // `map` would skip the holes of a sparse array.
        return `[${Array.from(value as unknown[], (item) => this.#serialize(item)).join(',')}]`
      case 'object':
        return this.#serializeObject(value as Record<string, unknown>)
      default:
        return value === undefined ? 'null' : JSON.stringify(value)
    }
  }

  #serializeNumber(value: number): string {
    if (isNegativeZero(value)) return '-0'
    if (Number.isFinite(value)) return JSON.stringify(value)
    this.#nonFinite += 1
    return this.#policy === 'text' ? `"${value}"` : 'null'
  }

  #serializeObject(value: Record<string, unknown>): string {
    const members: string[] = []
    for (const [key, item] of Object.entries(value)) {
      if (item !== undefined) members.push(`${JSON.stringify(key)}:${this.#serialize(item)}`)
    }
    return `{${members.join(',')}}`
  }
}

/** The first key in the text of a record. Undefined unless `JSON.stringify` writes this record correctly. */
export function firstKeyOf(record: unknown): string | undefined {
  if (typeof record !== 'object' || record === null) return undefined
  try {
    if (kindOfObject(record) !== 'object' || inspectFields(record as Record<string, unknown>, 0) !== CLEAN)
      return undefined
    for (const key in record) {
      // Keys of the prototype and keys with the value undefined are not written.
      return Object.hasOwn(record, key) && (record as Record<string, unknown>)[key] !== undefined ? key : undefined
    }
  } catch {
    // A record that throws when it is read has no text.
  }
  return undefined
}

/** Whether a number is -0, of which `JSON.stringify` makes 0. */
export function isNegativeZero(value: number): boolean {
  return value === 0 && 1 / value < 0
}

/** Bytes as base64 text. */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

function inspect(value: unknown, depth: number): number {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? (isNegativeZero(value) ? SPECIAL : CLEAN) : NON_FINITE
    case 'object':
      return value === null ? CLEAN : inspectObject(value, depth)
    case 'bigint':
      return SPECIAL
    case 'function':
    case 'symbol':
      return REFUSED
    default:
      return CLEAN
  }
}

function inspectObject(value: object, depth: number): number {
  if (depth > MAX_DEPTH) return REFUSED
  switch (kindOfObject(value)) {
    case 'object':
      return inspectFields(value as Record<string, unknown>, depth)
    case 'array': {
      let found = CLEAN
      for (const item of value as unknown[]) found |= inspect(item, depth + 1)
      return found
    }
    case 'date':
      return CLEAN
    case 'bytes':
      return SPECIAL
    case 'custom':
      return SPECIAL | inspect(customValue(value), depth + 1)
    default:
      return REFUSED
  }
}

/** The common types are handled within the loop. A function call for each value would double the time. */
function inspectFields(object: Record<string, unknown>, depth: number): number {
  let found = CLEAN
  for (const key in object) {
    const value = object[key]
    if (typeof value === 'number') {
      // `value - value` is NaN for the three numbers that are not finite, and 0 for all others.
      if (value - value !== 0) found |= NON_FINITE
      else if (isNegativeZero(value)) found |= SPECIAL
    } else if (typeof value !== 'string') {
      found |= inspect(value, depth + 1)
    }
  }
  return found
}
