/**
 * Converts a value to a cell according to the type of its column, or finds that it does not fit. This table defines
 * which values fit which type:
 *
 * | column | accepts |
 * |---|---|
 * | boolean | booleans |
 * | int8, int16, int32, uint8, uint16, uint32 | integers of the type, as numbers or bigints |
 * | int64, uint64 | bigints, and numbers that are safe integers; for Parquet within 64 bits |
 * | float | numbers and bigints that a float of 32 bits represents exactly |
 * | double | numbers, and bigints that a double represents exactly |
 * | decimal | text of a decimal, numbers and bigints, with no more digits than the type has |
 * | date | Dates at midnight UTC, and ISO 8601 text of a day |
 * | timestamp, timestamp_micros, timestamp_nanos | Dates, and ISO 8601 text, with no more digits than the unit has |
 * | time | text such as `12:34:56.789`, with no more digits than the unit has |
 * | interval | text of an ISO 8601 duration |
 * | uuid | text of a UUID |
 * | bytes | Uint8Arrays |
 * | json | anything, as JSON text |
 * | utf8 | anything: strings unchanged, numbers and Dates as text, bytes as base64, all else as JSON text |
 * | list | arrays of values that fit the type of its items |
 * | struct | objects without other fields |
 * | map | objects, and arrays of `{ key, value }` |
 */
import { daysOf, integerOfDate, PreciseDate, type TimestampType } from '../values/precise-date.ts'
import { isoText } from '../values/iso-text.ts'
import type { JsonText } from '../values/json-text.ts'
import { toBase64 } from '../values/json-text.ts'
import { kindOf } from '../values/values.ts'
import type { Cell } from './column.ts'
import { isNestedType, type ColumnType, type NestedType } from './column-type.ts'
import { decimalCell, durationCell, integerCell, timeCell, timestampUnitOf, uuidCell } from './logical-cells.ts'
import { nestedCells } from './nested-cells.ts'

/** The form of an ISO 8601 date or timestamp. `Date.parse` alone accepts many other forms. */
const ISO_8601 = /^[+-]?\d{4,6}-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?)?$/

/** An escape in JSON text. Of all surrogates, `JSON.stringify` escapes only the unpaired ones. */
const JSON_ESCAPE = /\\(?:u[0-9a-f]{4}|.)/g

/** The smallest and the largest integer of 64 bits. */
const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n

/** Makes cells, and counts the values that were changed to fit. */
export class CellMaker {
  readonly #json: JsonText
  readonly #cellsOfTypes = new Map<NestedType, (value: unknown) => Cell | undefined>()
  #surrogatesReplaced = 0
  #surrogatesBefore = 0
  #nonFiniteBefore = 0

  constructor(json: JsonText) {
    this.#json = json
  }

  /** Strings so far in which an unpaired surrogate was replaced by U+FFFD. */
  get surrogatesReplaced(): number {
    return this.#surrogatesReplaced
  }

  /** The cell of `value` (neither null nor refused) in a column of `type`. Undefined when the value does not fit. */
  make(value: unknown, type: ColumnType): Cell | undefined {
    switch (type) {
      case 'double':
        return typeof value === 'number' ? value : doubleOf(value)
      case 'utf8':
        return this.#text(value)
      case 'boolean':
        return typeof value === 'boolean' ? value : undefined
      case 'int64':
        if (typeof value === 'bigint') return value
        // Integers have no negative zero.
        return Number.isSafeInteger(value) ? (value as number) + 0 : undefined
      case 'date':
        return dateOf(value)
      case 'bytes':
        return value instanceof Uint8Array ? value : undefined
      case 'json':
        return this.#jsonText(value)
      case 'float':
        return floatOf(typeof value === 'bigint' ? doubleOf(value) : value)
      case 'interval':
        return durationCell(value)
      case 'uuid':
        return uuidCell(value)
      default:
        return isNestedType(type) ? this.#nested(value, type) : parametricCell(value, type)
    }
  }

  /** Saves the counts, for {@link undo}. */
  begin(): void {
    this.#surrogatesBefore = this.#surrogatesReplaced
    this.#nonFiniteBefore = this.#json.nonFinite
  }

  /** Restores the counts saved by {@link begin}, because the record was not written. */
  undo(): void {
    this.#surrogatesReplaced = this.#surrogatesBefore
    this.#json.uncount(this.#json.nonFinite - this.#nonFiniteBefore)
  }

  #text(value: unknown): string | undefined {
    if (typeof value === 'string') {
      if (value.isWellFormed()) return value
      this.#surrogatesReplaced += 1
      return value.toWellFormed()
    }
    switch (kindOf(value)) {
      case 'date':
        return isoText(value as Date)
      case 'bytes':
        return toBase64(value as Uint8Array)
      case 'array':
      case 'object':
        return this.#jsonText(value)
      default:
        return String(value)
    }
  }

  #nested(value: unknown, type: NestedType): Cell | undefined {
    let cellOf = this.#cellsOfTypes.get(type)
    if (cellOf === undefined) {
      cellOf = nestedCells(type, (item, itemType) => this.make(item, itemType))
      this.#cellsOfTypes.set(type, cellOf)
    }
    return cellOf(value)
  }

  /** JSON text without escaped unpaired surrogates. Some readers refuse a whole file because of one. */
  #jsonText(value: unknown): string | undefined {
    const text = this.#json.ofValue(value)
    if (text?.includes('\\ud') !== true) return text
    const wellFormed = text.replace(JSON_ESCAPE, (escape) => (escape.startsWith('\\ud') ? '\ufffd' : escape))
    if (wellFormed !== text) this.#surrogatesReplaced += 1
    return wellFormed
  }
}

/** Whether a bigint fits 64 bits. */
export function fitsInt64(value: bigint): boolean {
  return value >= INT64_MIN && value <= INT64_MAX
}

/** Whether a double represents the bigint exactly. */
export function fitsDouble(value: bigint): boolean {
  return Number.isFinite(Number(value)) && BigInt(Number(value)) === value
}

function doubleOf(value: unknown): number | undefined {
  return typeof value === 'bigint' && fitsDouble(value) ? Number(value) : undefined
}

function timestampOf(value: unknown, type: TimestampType): Date | string | undefined {
  const date = value instanceof Date ? value : (parseDate(value) ?? value)
  const isDate = date instanceof Date || typeof date === 'string'
  return isDate && integerOfDate(date, type) !== undefined ? date : undefined
}

/** The date of ISO 8601 text, with up to nine digits after the second. */
export function parseDate(value: unknown): Date | undefined {
  if (typeof value !== 'string' || !ISO_8601.test(value)) return undefined
  const parsed = new Date(value)
  if (Number.isNaN(parsed.getTime())) return undefined
  const digits = /\.\d{3}(\d+)/.exec(value)?.[1] ?? ''
  if (/[^0]/.test(digits.slice(6))) return undefined
  const nanoseconds = Number(digits.slice(0, 6).padEnd(6, '0'))
  return nanoseconds === 0 ? parsed : new PreciseDate(parsed.getTime(), nanoseconds)
}

function floatOf(value: unknown): number | undefined {
  return typeof value === 'number' && (Object.is(Math.fround(value), value) || Number.isNaN(value)) ? value : undefined
}

/** The cell of a type whose name has a unit or a number of bits. */
function parametricCell(value: unknown, type: Exclude<ColumnType, NestedType>): Cell | undefined {
  const unit = timestampUnitOf(type)
  if (unit !== undefined) return timestampOf(value, unit)
  return type.startsWith('decimal') ? decimalCell(value, type) : (integerCell(value, type) ?? timeCell(value, type))
}

function dateOf(value: unknown): Date | string | undefined {
  const date = timestampOf(value, 'timestamp')
  return date !== undefined && Number.isInteger(daysOf(date)) ? date : undefined
}
