/**
 * The variance of values, computed from their sum and their sum of squares with integers. A double is an integer times
 * a power of two. So nothing is rounded before the end.
 */

/** Rounding errors begin this many bits below the sum of squares. This allows for some million additions. */
const TRUSTED_BITS = 80

/** Bits to which a quotient is computed before it is rounded to a double. */
const QUOTIENT_BITS = 64

/** Mantissa bits of a double without the leading one, and the exponent of the lowest bit of the smallest double. */
const MANTISSA_BITS = 52
const MIN_EXPONENT = -1074

const double = new Float64Array(1)
const bits = new BigUint64Array(double.buffer)

/**
 * The sample variance (divisor n - 1) of `count` values, at least two, from their sum and their sum of squares. Both
 * are given as doubles that add up to the sum. NaN when one of these doubles is not finite.
 *
 * The result has fewer than 53 bits if the mean is over about four decimal orders of magnitude larger than the standard
 * deviation. It is rounded to a multiple of 2^-80 of the sum of squares, because lower bits may be noise.
 */
export function varianceOf(sum: Float64Array, squares: Float64Array, count: number): number {
  if (![...sum, ...squares].every(Number.isFinite)) return NaN
  const total = wholeSum(sum)
  const deviations = BigInt(count) * (wholeSum(squares) << BigInt(-MIN_EXPONENT)) - total * total
  if (deviations <= 0n) return 0
  const rounded = quotient(deviations, BigInt(count), 2 * MIN_EXPONENT)
  return withoutNoise(rounded, squares[0] as number) / (count - 1)
}

/** The sum of finite doubles, in units of the smallest double. */
function wholeSum(parts: Float64Array): bigint {
  let sum = 0n
  for (const part of parts) sum += wholeOf(part)
  return sum
}

/** A finite double, in units of the smallest double. */
function wholeOf(value: number): bigint {
  double[0] = Math.abs(value)
  const pattern = bits[0] as bigint
  const exponent = pattern >> BigInt(MANTISSA_BITS)
  const fraction = pattern & ((1n << BigInt(MANTISSA_BITS)) - 1n)
  const magnitude = exponent === 0n ? fraction : (fraction | (1n << BigInt(MANTISSA_BITS))) << (exponent - 1n)
  return value < 0 ? -magnitude : magnitude
}

/** The positive `dividend / divisor * 2^exponent`, rounded once. */
function quotient(dividend: bigint, divisor: bigint, exponent: number): number {
  const shift = bitLength(dividend) - bitLength(divisor) - QUOTIENT_BITS
  const numerator = dividend << BigInt(Math.max(0, -shift))
  const denominator = divisor << BigInt(Math.max(0, shift))
  const whole = numerator / denominator
  // The last bit is set if any later bit is set. So the value is not mistaken for a tie when it is rounded.
  const sticky = whole * denominator === numerator ? 0n : 1n
  return Number(whole | sticky) * 2 ** (shift + exponent)
}

/** The number of bits of a positive integer, or up to three more. */
function bitLength(whole: bigint): number {
  return 4 * whole.toString(16).length
}

function withoutNoise(deviations: number, squares: number): number {
  const grain = 2 ** (Math.floor(Math.log2(squares)) - TRUSTED_BITS)
  const grains = deviations / grain
  return grains < 2 ** 53 ? Math.round(grains) * grain : deviations
}
