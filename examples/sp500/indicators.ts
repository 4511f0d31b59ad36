/**
 * Technical indicators over a whole series, each in one pass. The value at index t depends only on the values up to and
 * including t. The values of the channel depend only on those before t. So a decision at the close of day t uses only
 * what is known by then. While there is too little history, the value is NaN. Every comparison with NaN is false, so a
 * rule does not change its position until its indicators have values.
 */

/** The mean of the last `period` values. */
export function simpleMovingAverage(values: Float64Array, period: number): Float64Array {
  const averages = new Float64Array(values.length).fill(NaN)
  let sum = 0
  for (let t = 0; t < values.length; t++) {
    sum += at(values, t)
    if (t >= period) sum -= at(values, t - period)
    if (t >= period - 1) averages[t] = sum / period
  }
  return averages
}

/**
 * The upper band of a price channel: the highest of the `period` values *before* each index.
 *
 * R. D. Donchian, "High Finance in Copper", Financial Analysts Journal 16(6), 1960: the four-week rule.
 */
export function highestBefore(values: Float64Array, period: number): Float64Array {
  return extremeBefore(values, period, (value, other) => value >= other)
}

/** The lower band of a price channel: the lowest of the `period` values before each index. */
export function lowestBefore(values: Float64Array, period: number): Float64Array {
  return extremeBefore(values, period, (value, other) => value <= other)
}

/**
 * Keeps the indices that can still become the extreme of a window, best first. A value that a later one `beats` cannot.
 * Every index enters and leaves the list once, for any period.
 */
function extremeBefore(
  values: Float64Array,
  period: number,
  beats: (value: number, other: number) => boolean,
): Float64Array {
  const extremes = new Float64Array(values.length).fill(NaN)
  const candidates = new Int32Array(values.length)
  let first = 0
  let end = 0
  for (let t = 0; t < values.length; t++) {
    if (first < end && at(candidates, first) < t - period) first++
    if (t >= period) extremes[t] = at(values, at(candidates, first))
    while (first < end && beats(at(values, t), at(values, at(candidates, end - 1)))) end--
    candidates[end++] = t
  }
  return extremes
}

/**
 * The relative strength index, from 0 to 100: 100 - 100 / (1 + average gain / average loss). The first averages are
 * arithmetic means of the first `period` changes. The later ones are smoothed: (previous * (period - 1) + new) /
 * period. Without any loss it is 100, without any change 50.
 *
 * J. W. Wilder, "New Concepts in Technical Trading Systems", Trend Research, 1978, section VI.
 */
export function relativeStrengthIndex(values: Float64Array, period: number): Float64Array {
  const indices = new Float64Array(values.length).fill(NaN)
  let gain = 0
  let loss = 0
  for (let t = 1; t < values.length; t++) {
    const change = at(values, t) - at(values, t - 1)
    const weight = Math.min(t, period)
    // With weight t this is the running mean of the first changes, with weight `period` Wilder's smoothing.
    gain += (Math.max(change, 0) - gain) / weight
    loss += (Math.max(-change, 0) - loss) / weight
    if (t >= period) indices[t] = gain + loss === 0 ? 50 : (100 * gain) / (gain + loss)
  }
  return indices
}

/** The element at an index known to be inside the array. */
function at(values: Float64Array | Int32Array, index: number): number {
  return values[index] as number
}
