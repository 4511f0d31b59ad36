/**
 * The text of values that JavaScript has no type for: decimals, times of day, intervals. Each function that makes a text
 * has an inverse, which takes other spellings of the value, too.
 */

/** A decimal number. Numbers with an exponent are not decimals here. */
const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?$/

const TIME = /^(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?$/

/** An ISO 8601 duration without a sign. */
const DURATION =
  /^P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,9}))?S)?)?$/

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** The fields of an interval are unsigned integers of 32 bits. */
const MAX_FIELD = 2 ** 32 - 1

/** An interval in the fields of Parquet. */
export interface Interval {
  readonly months: number
  readonly days: number
  readonly milliseconds: number
}

/** The text of a decimal with `scale` digits after the point. */
export function decimalText(unscaled: bigint, scale: number): string {
  if (scale <= 0) return String(unscaled)
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

/**
 * The decimal of a text, times `10 ** scale`. Undefined when the text is not a decimal, or has a digit other than 0 beyond
 * the scale or the precision.
 */
export function unscaledOf(text: string, precision: number, scale: number): bigint | undefined {
  const [, sign, whole = '', fraction = ''] = DECIMAL.exec(text) ?? []
  if (sign === undefined || /[^0]/.test(fraction.slice(scale))) return undefined
  const digits = (whole + fraction.slice(0, scale).padEnd(scale, '0')).replace(/^0+(?=\d)/, '')
  if (digits.length > precision && digits !== '0') return undefined
  return sign === '-' ? -BigInt(digits) : BigInt(digits)
}

/** A time of day in units of `10 ** -digits` seconds, as `12:34:56.789012`. */
export function timeText(time: bigint, digits: number): string {
  const perSecond = 10n ** BigInt(digits)
  const seconds = time / perSecond
  const fields = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n].map((field) => String(field).padStart(2, '0'))
  return `${fields.join(':')}.${String(time % perSecond).padStart(digits, '0')}`
}

/** The time of a text, from 00:00 to 24:00. Undefined when the text is not a time, or has more digits than the unit. */
export function timeOfText(text: string, digits: number): bigint | undefined {
  const [, hours, minutes, seconds = '00', fraction = ''] = TIME.exec(text) ?? []
  if (hours === undefined || Number(minutes) > 59 || Number(seconds) > 59) return undefined
  if (/[^0]/.test(fraction.slice(digits))) return undefined
  const perSecond = 10n ** BigInt(digits)
  const whole = BigInt(Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds))
  const time = whole * perSecond + BigInt(fraction.slice(0, digits).padEnd(digits, '0'))
  return time <= 86_400n * perSecond ? time : undefined
}

/** An interval as an ISO 8601 duration: `P1M2DT3.004S`. */
export function intervalText({ months, days, milliseconds }: Interval): string {
  const date = `${months === 0 ? '' : `${months}M`}${days === 0 ? '' : `${days}D`}`
  const time = milliseconds === 0 ? '' : `T${milliseconds / 1000}S`
  return date + time === '' ? 'PT0S' : `P${date}${time}`
}

/** The interval of an ISO 8601 duration. Undefined for other text, and for an interval that Parquet cannot have. */
export function intervalOfText(text: string): Interval | undefined {
  const found = DURATION.exec(text)
  if (found === null) return undefined
  const [years, months, weeks, days, hours, minutes, seconds] = found.slice(1, 8).map((field) => Number(field ?? 0))
  const fraction = (found[8] ?? '').padEnd(9, '0')
  if (!fraction.endsWith('000000')) return undefined
  const interval = {
    months: (years as number) * 12 + (months as number),
    days: (weeks as number) * 7 + (days as number),
    milliseconds:
      (((hours as number) * 60 + (minutes as number)) * 60 + (seconds as number)) * 1000 + Number(fraction.slice(0, 3)),
  }
  return Object.values(interval).every((field) => field <= MAX_FIELD) ? interval : undefined
}

/** Whether a text is a UUID. */
export function isUuid(text: string): boolean {
  return UUID.test(text)
}
