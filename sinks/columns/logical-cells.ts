/**
 * Cells of types that JavaScript has no values for: integers of a few bits, decimals, times of day, intervals, UUIDs. The
 * cell is the same for all spellings of a value.
 */
import {
  decimalText,
  intervalOfText,
  intervalText,
  isUuid,
  timeOfText,
  timeText,
  unscaledOf,
} from '../values/logical-text.ts'
import type { TimestampType } from '../values/precise-date.ts'
import { decimalOf } from './column-type.ts'

/** The smallest and the largest integer of each type that is stored in 32 bits. */
const RANGES: ReadonlyMap<string, readonly [number, number]> = new Map([
  ['int8', [-(2 ** 7), 2 ** 7 - 1]],
  ['int16', [-(2 ** 15), 2 ** 15 - 1]],
  ['int32', [-(2 ** 31), 2 ** 31 - 1]],
  ['uint8', [0, 2 ** 8 - 1]],
  ['uint16', [0, 2 ** 16 - 1]],
  ['uint32', [0, 2 ** 32 - 1]],
])

const TIME_DIGITS: Readonly<Record<string, number>> = { time_millis: 3, time_micros: 6, time_nanos: 9 }

/** The unit of a type of timestamps, with or without a time zone. Undefined for other types. */
export function timestampUnitOf(type: string): TimestampType | undefined {
  return type.startsWith('timestamp') ? (type.replace(/_local$/, '') as TimestampType) : undefined
}

/** Digits after the second of a type of times of day. Undefined for other types. */
export function timeDigitsOf(type: string): number | undefined {
  return TIME_DIGITS[type.replace(/_utc$/, '')]
}

/** The cell of an integer. Undefined when it does not fit, or for another type. */
export function integerCell(value: unknown, type: string): number | bigint | undefined {
  if (type === 'uint64') {
    return (typeof value === 'bigint' || Number.isSafeInteger(value)) && (value as bigint) >= 0n
      ? (value as bigint | number)
      : undefined
  }
  const range = RANGES.get(type)
  const number = typeof value === 'bigint' ? Number(value) : value
  if (range === undefined || !Number.isInteger(number)) return undefined
  const [least, most] = range
  return (number as number) >= least && (number as number) <= most ? (number as number) : undefined
}

/** The cell of a decimal, with all digits after the point. */
export function decimalCell(value: unknown, type: string): string | undefined {
  const decimal = decimalOf(type)
  if (decimal === undefined || !['string', 'number', 'bigint'].includes(typeof value)) return undefined
  const unscaled = unscaledOf(String(value), decimal.precision, decimal.scale)
  return unscaled === undefined ? undefined : decimalText(unscaled, decimal.scale)
}

/** The cell of a time of day, with all digits of its unit. */
export function timeCell(value: unknown, type: string): string | undefined {
  const digits = timeDigitsOf(type)
  if (digits === undefined || typeof value !== 'string') return undefined
  const time = timeOfText(value, digits)
  return time === undefined ? undefined : timeText(time, digits)
}

/** The cell of an interval. */
export function durationCell(value: unknown): string | undefined {
  const interval = typeof value === 'string' ? intervalOfText(value) : undefined
  return interval && intervalText(interval)
}

/** The cell of a UUID, in lower case. */
export function uuidCell(value: unknown): string | undefined {
  return typeof value === 'string' && isUuid(value) ? value.toLowerCase() : undefined
}
