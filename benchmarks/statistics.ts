/**
 * Statistics of a few runs.
 */

/** The median of values, and their extremes. */
export interface Spread {
  /** The middle value, or the mean of the middle two. */
  readonly median: number
  /** The least value. */
  readonly least: number
  /** The greatest value. */
  readonly most: number
}

/** The middle value, or the mean of the two middle values. NaN if there are none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle) - 1] ?? NaN) + (sorted[Math.floor(middle)] ?? NaN)) / 2
}

/** The median, least and most of values. */
export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) }
}
