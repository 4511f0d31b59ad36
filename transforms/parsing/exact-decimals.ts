/**
 * Whether a double has the digits of a decimal literal, without writing the double, which takes ten times as long.
 */

/** Digits of the two parts of a literal, whose sum is exact: 10^13 times 10^4 has 53 bits without its factors of two. */
const HIGH_DIGITS = 13
const LOW_DIGITS = 4

/** The powers of ten that doubles have exactly. */
const POWERS = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent)

/** Splits a double into halves of 26 bits, whose products are exact (Dekker). */
const SPLITTER = 2 ** 27 + 1

const ZERO = 0x30
const DOT = 0x2e
const MINUS = 0x2d

/**
 * Whether `number`, which is the value of `literal`, is `literal` again when it is rounded to as many digits. Undefined if
 * that needs more than arithmetic: for an exponent, for more than 17 digits, or where a half decides.
 *
 * @param literal - a JSON number
 */
export function keepsDigits(literal: string, number: number): boolean | undefined {
  let high = 0
  let low = 0
  let digits = 0
  let decimals = 0
  let isFraction = false
  for (let at = 0; at < literal.length; at++) {
    const code = literal.charCodeAt(at)
    if (code === DOT) isFraction = true
    else if (code !== MINUS) {
      const digit = code - ZERO
      if (digit > 9) return undefined
      if (isFraction) decimals++
      if (digits > 0 || digit > 0) digits++
      if (digits <= HIGH_DIGITS) high = high * 10 + digit
      else low = low * 10 + digit
    }
  }
  const power = POWERS[decimals]
  if (power === undefined || digits > HIGH_DIGITS + LOW_DIGITS) return undefined
  const lowPower = POWERS[Math.max(0, digits - HIGH_DIGITS)] as number
  const difference = Math.abs(distance(Math.abs(number), power, high * lowPower, low))
  return difference === 0.5 ? undefined : difference < 0.5
}

/** `a * b - (high + low)`, where the product is close to `high`. */
function distance(a: number, b: number, high: number, low: number): number {
  const product = a * b
  const aHigh = upperHalf(a)
  const bHigh = upperHalf(b)
  const aLow = a - aHigh
  const bLow = b - bHigh
  const error = aHigh * bHigh - product + aHigh * bLow + aLow * bHigh + aLow * bLow
  return product - high - low + error
}

function upperHalf(value: number): number {
  const spread = SPLITTER * value
  return spread - (spread - value)
}
