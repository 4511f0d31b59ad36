/**
 * Dates with more digits than a Date has, such as those of databases.
 */

const NANOSECONDS_PER_MS = 1_000_000

/**
 * A Date with the digits after its milliseconds. Everything that takes a Date takes it. As text, it has six or nine digits
 * after the second.
 *
 * @example
 * new PreciseDate(Date.UTC(2024, 0, 1), 1500).toISOString() // '2024-01-01T00:00:00.000001500Z'
 */
export class PreciseDate extends Date {
  /** Nanoseconds after the millisecond, from 0 to 999,999. */
  readonly nanoseconds: number

  /**
   * Makes a date.
   *
   * @param timeMs - milliseconds since 1970, in UTC
   * @param nanoseconds - those after the millisecond, from 0 to 999,999
   */
  constructor(timeMs: number, nanoseconds: number) {
    super(timeMs)
    this.nanoseconds = nanoseconds
  }

  /** ISO 8601 text with all digits: three, or six, or nine after the second. */
  override toISOString(): string {
    const text = super.toISOString()
    return this.nanoseconds === 0 ? text : text.slice(0, -1) + digitsOf(this.nanoseconds) + 'Z'
  }
}

/** Nanoseconds after the millisecond of a date. */
function nanosecondsOf(date: Date): number {
  return date instanceof PreciseDate ? date.nanoseconds : 0
}

/**
 * The date of a time in nanoseconds since 1970: a Date when it is a whole millisecond. A time that no Date can hold is
 * ISO 8601 text.
 */
export function dateOfNanoseconds(time: bigint): Date | string {
  let timeMs = time / BigInt(NANOSECONDS_PER_MS)
  let nanoseconds = Number(time % BigInt(NANOSECONDS_PER_MS))
  if (nanoseconds < 0) {
    nanoseconds += NANOSECONDS_PER_MS
    timeMs -= 1n
  }
  const date = nanoseconds === 0 ? new Date(Number(timeMs)) : new PreciseDate(Number(timeMs), nanoseconds)
  return Number.isNaN(date.getTime()) ? farText(timeMs, nanoseconds) : date
}

/** The types of columns of timestamps, and the digits after the second in their units. */
export const TIMESTAMP_DIGITS = { timestamp: 3, timestamp_micros: 6, timestamp_nanos: 9 } as const

/** A type of a column of timestamps: milliseconds, microseconds, nanoseconds. */
export type TimestampType = keyof typeof TIMESTAMP_DIGITS

/** The type with the fewest digits that a date fits. */
export function timestampTypeOf(date: Date): TimestampType {
  const nanoseconds = nanosecondsOf(date)
  if (nanoseconds === 0) return 'timestamp'
  return nanoseconds % 1000 === 0 ? 'timestamp_micros' : 'timestamp_nanos'
}

/**
 * The time since 1970 in the unit of a column: a safe integer, else a bigint of 64 bits. Undefined for an invalid date,
 * and for one that does not fit: with more digits, or beyond 64 bits. A time that no Date can hold is the text of
 * {@link dateOfNanoseconds}.
 */
export function integerOfDate(date: Date | string, type: TimestampType): number | bigint | undefined {
  if (typeof date === 'string') {
    const units = unitsOfFarText(date, TIMESTAMP_DIGITS[type])
    return units !== undefined && BigInt.asIntN(64, units) === units ? units : undefined
  }
  const timeMs = date.getTime()
  const nanoseconds = nanosecondsOf(date)
  if (Number.isNaN(timeMs)) return undefined
  if (type === 'timestamp') return nanoseconds === 0 ? timeMs : undefined
  const [perMs, rest] = type === 'timestamp_micros' ? [1000, nanoseconds / 1000] : [NANOSECONDS_PER_MS, nanoseconds]
  if (!Number.isInteger(rest)) return undefined
  const time = timeMs * perMs + rest
  if (Number.isSafeInteger(time)) return time
  const exact = BigInt(timeMs) * BigInt(perMs) + BigInt(rest)
  return BigInt.asIntN(64, exact) === exact ? exact : undefined
}

const DAY_MS = 86_400_000

/** Days since 1970 of a date, or of the text of a date that no Date can hold. Undefined when it is not a whole day. */
export function daysOf(cell: unknown): number | undefined {
  if (cell instanceof Date) return cell.getTime() / DAY_MS
  const seconds = typeof cell === 'string' ? unitsOfFarText(cell, 0) : undefined
  const days = seconds === undefined ? undefined : Number(seconds) / (DAY_MS / 1000)
  return Number.isInteger(days) ? days : undefined
}

/** Days of 400 years, after which the calendar repeats. */
const CYCLE_MS = 146_097n * BigInt(DAY_MS)

/** The text of a time beyond the range of a Date: that of a date whole cycles nearer, with its own year. */
function farText(timeMs: bigint, nanoseconds: number): string {
  const cycles = timeMs / CYCLE_MS
  const near = new Date(Number(timeMs - cycles * CYCLE_MS))
  const year = BigInt(near.getUTCFullYear()) + cycles * 400n
  const digits = String(year < 0n ? -year : year).padStart(6, '0')
  const text = near.toISOString()
  const rest = text.slice(text.indexOf('-', 1), -1)
  return `${year < 0n ? '-' : '+'}${digits}${rest}${nanoseconds === 0 ? '' : digitsOf(nanoseconds)}Z`
}

const FAR_TEXT = /^([+-]\d{6,})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.(\d{3})(\d{0,6})Z$/

/**
 * The time of the text of {@link dateOfNanoseconds}, in units of `10 ** -digits` seconds since 1970. Undefined for other
 * text, and when the unit has too few digits.
 */
function unitsOfFarText(text: string, digits: number): bigint | undefined {
  const found = FAR_TEXT.exec(text)
  if (found === null) return undefined
  const year = BigInt(found[1] as string)
  const fraction = (found[7] as string) + (found[8] as string).padEnd(6, '0')
  // A year of the same form whole cycles nearer to 1970.
  const cycles = (year - 2000n) / 400n
  const near = Date.parse(
    `${year - cycles * 400n}`.padStart(4, '0') +
      text.slice((found[1] as string).length, -1 - (found[8] as string).length) +
      'Z',
  )
  if (Number.isNaN(near) || /[^0]/.test(fraction.slice(digits))) return undefined
  const nanoseconds = (BigInt(near) + cycles * CYCLE_MS) * BigInt(NANOSECONDS_PER_MS) + BigInt(fraction.slice(3))
  return nanoseconds / 10n ** BigInt(9 - digits)
}

/** Three digits when these are whole microseconds, else six. */
function digitsOf(nanoseconds: number): string {
  const digits = String(nanoseconds).padStart(6, '0')
  return digits.endsWith('000') ? digits.slice(0, 3) : digits
}
