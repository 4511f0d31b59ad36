/**
 * Sums in double-double arithmetic: the unevaluated sum of two doubles, about 106 bits, kept in two neighbouring
 * cells of a Float64Array (the rounded sum, then what the rounding lost).
 *
 * Why not Welford's recurrence: its result depends on the order in which values arrive and parts are merged, and
 * an aggregate has to be the same for any order. With 106 bits the errors of a sum lie so far below the last bit
 * of a double that mean and variance round to the same double for any order, unless values cancel over more than
 * about 30 decimal orders of magnitude. Digits of a variance that cancellation has eaten are rounded away
 * rather than shown (see {@link varianceOf}).
 *
 * Range: a sum beyond that of a double is NaN from then on; squares are exact to 106 bits for magnitudes between
 * about 1e-140 and 1e150.
 *
 * Sources: T. J. Dekker, "A floating-point technique for extending the available precision", Numerische Mathematik
 * 18 (1971); T. Ogita, S. M. Rump, S. Oishi, "Accurate sum and dot product", SIAM J. Sci. Comput. 26 (2005); the
 * additions are algorithms 4, 5 and 6 of M. Joldes, J.-M. Muller, V. Popescu, "Tight and rigorous error bounds for
 * basic building blocks of double-word arithmetic", ACM TOMS 44 (2017).
 */

/** Splits a double into two halves of 26 bits (Dekker). */
const SPLITTER = 2 ** 27 + 1

/** Bits below the sum of squares where its rounding errors begin, with room for those of some million additions. */
const TRUSTED_BITS = 80

/** Adds `value` to the sum at `cells[at]`, `cells[at + 1]`. */
export function addValue(cells: Float64Array, at: number, value: number): void {
  const high = cells[at] as number
  const sum = high + value
  const share = sum - high
  const lost = high - (sum - share) + (value - share) + (cells[at + 1] as number)
  const total = sum + lost
  cells[at] = total
  cells[at + 1] = lost - (total - sum)
}

/** Adds the square of `value` to the sum of squares at `cells[at]`, `cells[at + 1]`. */
export function addSquare(cells: Float64Array, at: number, value: number): void {
  const square = value * value
  const split = SPLITTER * value
  const upper = split - (split - value)
  const lower = value - upper
  const squareLow = lower * lower - (square - upper * upper - 2 * upper * lower)
  const high = cells[at] as number
  const sum = high + square
  const share = sum - high
  // Summing the low parts without compensation is safe as squares all have one sign.
  const lost = high - (sum - share) + (square - share) + ((cells[at + 1] as number) + squareLow)
  const total = sum + lost
  cells[at] = total
  cells[at + 1] = lost - (total - sum)
}

/** Adds the sum `high + low` to the one at `cells[at]`, `cells[at + 1]`. */
export function addPair(cells: Float64Array, at: number, high: number, low: number): void {
  const ownHigh = cells[at] as number
  const ownLow = cells[at + 1] as number
  const highs = ownHigh + high
  const highShare = highs - ownHigh
  const lows = ownLow + low
  const lowShare = lows - ownLow
  const carry = ownHigh - (highs - highShare) + (high - highShare) + lows
  const sum = highs + carry
  const rest = ownLow - (lows - lowShare) + (low - lowShare) + (carry - (sum - highs))
  const total = sum + rest
  cells[at] = total
  cells[at + 1] = rest - (total - sum)
}

/** The mean of `count` values with the sum `high + low`, rounded once; not finite when the sum overflowed. */
export function meanOf(high: number, low: number, count: number): number {
  const mean = high / count
  const refined = mean + remainder(high, low, mean, count) / count
  return Number.isFinite(refined) ? refined : mean
}

/**
 * The sample variance (divisor n - 1) of `count` values, from their sum and their sum of squares; NaN when one of
 * these overflowed.
 *
 * Where the mean exceeds the standard deviation by more than about four decimal orders of magnitude, the result
 * has fewer than 53 bits: it is rounded to a multiple of 2^-80 of the sum of squares, as what lies below is noise.
 */
export function varianceOf(high: number, low: number, squaresHigh: number, squaresLow: number, count: number): number {
  const mean = high / count
  const meanLow = remainder(high, low, mean, count) / count
  const product = mean * high
  const productLow = lostByProduct(mean, high, product) + (mean * low + meanLow * high)
  const difference = squaresHigh - product
  const share = difference - squaresHigh
  const lost = squaresHigh - (difference - share) - (product + share)
  const deviations = difference + (lost + (squaresLow - productLow))
  return Math.max(0, withoutNoise(deviations, squaresHigh)) / (count - 1)
}

/** What is left of `high + low` after taking `quotient * divisor`, exact but for the last rounding. */
function remainder(high: number, low: number, quotient: number, divisor: number): number {
  const product = quotient * divisor
  return high - product - lostByProduct(quotient, divisor, product) + low
}

/** What the rounding of `a * b` to `product` lost. */
function lostByProduct(a: number, b: number, product: number): number {
  const aSplit = SPLITTER * a
  const aHigh = aSplit - (aSplit - a)
  const aLow = a - aHigh
  const bSplit = SPLITTER * b
  const bHigh = bSplit - (bSplit - b)
  const bLow = b - bHigh
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow)
}

function withoutNoise(deviations: number, squares: number): number {
  const grain = 2 ** (Math.floor(Math.log2(squares)) - TRUSTED_BITS)
  const grains = deviations / grain
  return Math.abs(grains) < 2 ** 53 ? Math.round(grains) * grain : deviations
}
