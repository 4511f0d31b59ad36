/**
 * The variance of a set of values from their sum and their sum of squares, in whole numbers: a double is a whole number
 * times a power of two, so nothing is rounded before the end.
 */

/** Bits below the sum of squares where its rounding errors begin, with room for those of some million additions. */
const TRUSTED_BITS = 80

/** Bits a quotient is worked out to before it is rounded to a double. */
const QUOTIENT_BITS = 64

/** Bits of a double below its leading one, and the exponent of the least of them in the smallest number. */
const MANTISSA_BITS = 52
const LEAST_EXPONENT = -1074

const double = new Float64Array(1)
const bits = new BigUint64Array(double.buffer)

/**
 * The sample variance (divisor n - 1) of `count` values, at least two, from their sum and their sum of squares, each
 * given as doubles that add up to it; NaN when one of these is not finite.
 *
 * Where the mean exceeds the standard deviation by more than about four decimal orders of magnitude, the result
 * has fewer than 53 bits: it is rounded to a multiple of 2^-80 of the sum of squares, as what lies below may be noise.
 */
export function varianceOf(sum: Float64Array, squares: Float64Array, count: number): number {
  if (![...sum, ...squares].every(Number.isFinite)) return NaN
  const total = wholeSum(sum)
  const deviations = BigInt(count) * (wholeSum(squares) << BigInt(-LEAST_EXPONENT)) - total * total
  if (deviations <= 0n) return 0
  const rounded = quotient(deviations, BigInt(count), 2 * LEAST_EXPONENT)
  return withoutNoise(rounded, squares[0] as number) / (count - 1)
}

/** The sum of finite doubles in units of the smallest double. */
function wholeSum(parts: Float64Array): bigint {
  let sum = 0n
  for (const part of parts) sum += wholeOf(part)
  return sum
}

/** A finite double in units of the smallest one. */
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
  // The last bit stands for all that follow: it keeps them from looking like a tie.
  const sticky = whole * denominator === numerator ? 0n : 1n
  return Number(whole | sticky) * 2 ** (shift + exponent)
}

/** The number of bits of a positive whole number, up to three more. */
function bitLength(whole: bigint): number {
  return 4 * whole.toString(16).length
}

function withoutNoise(deviations: number, squares: number): number {
  const grain = 2 ** (Math.floor(Math.log2(squares)) - TRUSTED_BITS)
  const grains = deviations / grain
  return grains < 2 ** 53 ? Math.round(grains) * grain : deviations
}
