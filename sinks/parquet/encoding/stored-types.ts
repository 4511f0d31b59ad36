/**
 * How cells of logical types are stored (LogicalTypes.md of apache/parquet-format).
 */
import { intervalOfText, isUuid, timeOfText, unscaledOf } from '../../values/logical-text.ts'
import { daysOf, integerOfDate, type TimestampType } from '../../values/precise-date.ts'
import type { StoredBytes } from './fixed-bytes-column.ts'
import type { StoredIntegers } from './number-column.ts'

/** Bytes of a decimal with more digits than an integer of 64 bits has. */
export const LONG_DECIMAL_BYTES = 16

interface Decimal {
  readonly precision: number
  readonly scale: number
}

/** Days since 1970. */
export const dates: StoredIntegers = {
  expected: 'a Date at midnight UTC',
  toInteger: daysOf,
}

/** Units since 1970. */
export function timestamps(type: TimestampType): StoredIntegers {
  return {
    expected: `a Date that fits ${type}`,
    toInteger: (cell) => (cell instanceof Date || typeof cell === 'string' ? integerOfDate(cell, type) : undefined),
  }
}

/** Units of `10 ** -digits` seconds since midnight: milliseconds as a number of 32 bits, others as a bigint. */
export function times(digits: number): StoredIntegers {
  const toInteger = (cell: unknown) => {
    const time = typeof cell === 'string' ? timeOfText(cell, digits) : undefined
    return digits === 3 && time !== undefined ? Number(time) : time
  }
  return { expected: 'a time of day', toInteger }
}

/** Decimals of up to 18 digits, without their point. */
export function decimals({ precision, scale }: Decimal): StoredIntegers {
  const toInteger = (cell: unknown) => {
    const unscaled = typeof cell === 'string' ? unscaledOf(cell, precision, scale) : undefined
    return unscaled !== undefined && precision <= 9 ? Number(unscaled) : unscaled
  }
  return { expected: 'the text of a decimal', toInteger }
}

/** Integers of 32 bits without a sign, in the same bits as those with a sign. */
export const UINT32: StoredIntegers = {
  expected: 'an integer of 32 bits without a sign',
  toInteger: (cell) => (typeof cell === 'number' && cell >>> 0 === cell ? cell | 0 : undefined),
  unsigned: true,
}

/** Integers of 64 bits without a sign, in the same bits as those with a sign. */
export const UINT64: StoredIntegers = {
  expected: 'an integer of 64 bits without a sign',
  toInteger(cell) {
    const isInteger = typeof cell === 'bigint' || Number.isSafeInteger(cell)
    const integer = isInteger ? BigInt(cell as number | bigint) : -1n
    return BigInt.asUintN(64, integer) === integer ? BigInt.asIntN(64, integer) : undefined
  },
  unsigned: true,
}

/** Decimals of more digits, as big-endian two's complement. */
export function longDecimals({ precision, scale }: Decimal): StoredBytes {
  return {
    expected: 'the text of a decimal',
    byteLength: LONG_DECIMAL_BYTES,
    write(cell, target, offset) {
      const unscaled = typeof cell === 'string' ? unscaledOf(cell, precision, scale) : undefined
      if (unscaled === undefined) return false
      target.writeBigInt64BE(unscaled >> 64n, offset)
      target.writeBigUInt64BE(BigInt.asUintN(64, unscaled), offset + 8)
      return true
    },
  }
}

/** Months, days and milliseconds, 32 bits each. */
export const INTERVAL: StoredBytes = {
  expected: 'an ISO 8601 duration',
  byteLength: 12,
  write(cell, target, offset) {
    const interval = typeof cell === 'string' ? intervalOfText(cell) : undefined
    if (interval === undefined) return false
    target.writeUInt32LE(interval.months, offset)
    target.writeUInt32LE(interval.days, offset + 4)
    target.writeUInt32LE(interval.milliseconds, offset + 8)
    return true
  },
}

/** The 16 bytes of a UUID. */
export const UUID: StoredBytes = {
  expected: 'a UUID',
  byteLength: 16,
  write(cell, target, offset) {
    return typeof cell === 'string' && isUuid(cell) && target.write(cell.replaceAll('-', ''), offset, 'hex') === 16
  },
}
