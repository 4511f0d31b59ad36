/**
 * Sums with very small rounding errors. A sum of values is stored as the unevaluated sum of two doubles, about 106
 * bits. A sum of squares is stored as the sum of three doubles, about 159 bits. They are in adjacent cells of a
 * Float64Array, the largest first.
 *
 * Why not Welford's recurrence: its result depends on the order in which values arrive and parts are merged. An
 * aggregate must be the same for any order. Here the sum of values within 15 decimal orders of magnitude is exact. The
 * sum of squares is exact for values within 7. Over wider ranges, the errors are far below the last bit of a double.
 * Mean and variance still round to the same double, unless values cancel over more than about 30 orders of magnitude.
 *
 * Why three cells for squares: the square of a double already has 106 bits. Statistics of decimals with few digits
 * (0.1, 0.3) can lie exactly between two doubles, up to these last bits.
 *
 * Range: a sum beyond the range of a double becomes NaN and stays NaN. Squares are exact for magnitudes between about
 * 1e-140 and 1e150.
 *
 * Sources:
 *
 * - T. J. Dekker, "A floating-point technique for extending the available precision", Numerische Mathematik 18 (1971).
 * - T. Ogita, S. M. Rump, S. Oishi, "Accurate sum and dot product", SIAM J. Sci. Comput. 26 (2005). The sum of squares
 *   uses its algorithm SumK.
 * - M. Joldes, J.-M. Muller, V. Popescu, "Tight and rigorous error bounds for basic building blocks of double-word
 *   arithmetic", ACM TOMS 44 (2017). The other additions use its algorithms 4 and 6.
 */

/** Splits a double into two halves of 26 bits (Dekker). */
const SPLITTER = 2 ** 27 + 1

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

/** Adds the square of `value` to the sum of squares in the three cells from `at`. */
export function addSquare(cells: Float64Array, at: number, value: number): void {
  const square = value * value
  const split = SPLITTER * value
  const upper = split - (split - value)
  const lower = value - upper
  const rest = lower * lower - (square - upper * upper - 2 * upper * lower)
  const lost = addTo(cells, at + 1, rest)
  cells[at + 2] = (cells[at + 2] as number) + lost + addTo(cells, at + 1, addTo(cells, at, square))
}

/** Adds the sum `high + low` to the sum at `cells[at]`, `cells[at + 1]`. */
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

/** Adds the sum `high + middle + low` to the sum in the three cells from `at`. */
export function addTriple(cells: Float64Array, at: number, high: number, middle: number, low: number): void {
  const lost = low + addTo(cells, at + 1, middle)
  cells[at + 2] = (cells[at + 2] as number) + lost + addTo(cells, at + 1, addTo(cells, at, high))
}

/** Adds `value` to a cell and returns the rounding error. */
function addTo(cells: Float64Array, at: number, value: number): number {
  const held = cells[at] as number
  const sum = held + value
  const share = sum - held
  cells[at] = sum
  return held - (sum - share) + (value - share)
}

/** The mean of `count` values with the sum `high + low`, rounded once. Not finite when the sum overflowed. */
export function meanOf(high: number, low: number, count: number): number {
  const mean = high / count
  const refined = mean + remainder(high, low, mean, count) / count
  return Number.isFinite(refined) ? refined : mean
}

/** The remainder of `high + low` minus `quotient * divisor`, exact except for the last rounding. */
function remainder(high: number, low: number, quotient: number, divisor: number): number {
  const product = quotient * divisor
  const quotientSplit = SPLITTER * quotient
  const quotientHigh = quotientSplit - (quotientSplit - quotient)
  const quotientLow = quotient - quotientHigh
  const divisorSplit = SPLITTER * divisor
  const divisorHigh = divisorSplit - (divisorSplit - divisor)
  const divisorLow = divisor - divisorHigh
  const lost =
    quotientLow * divisorLow -
    (product - quotientHigh * divisorHigh - quotientLow * divisorHigh - quotientHigh * divisorLow)
  return high - product - lost + low
}
