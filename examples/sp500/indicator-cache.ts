/**
 * Indicators of one market, each computed once and cached. Thousands of parameter sets share a few hundred indicators.
 * Each takes 8 bytes per day, which is about ten megabytes for the whole grid.
 */
import type { Bars } from './bars.ts'
import { highestBefore, lowestBefore, relativeStrengthIndex, simpleMovingAverage } from './indicators.ts'

export class IndicatorCache {
  readonly #cached = new Map<string, Float64Array>()
  readonly bars: Bars

  constructor(bars: Bars) {
    this.bars = bars
  }

  /** Moving average of the close. */
  average(days: number): Float64Array {
    return this.#once(`average ${days}`, () => simpleMovingAverage(this.bars.closes, days))
  }

  /** Highest high of the previous days. */
  highest(days: number): Float64Array {
    return this.#once(`highest ${days}`, () => highestBefore(this.bars.highs, days))
  }

  /** Lowest low of the previous days. */
  lowest(days: number): Float64Array {
    return this.#once(`lowest ${days}`, () => lowestBefore(this.bars.lows, days))
  }

  /** Relative strength index of the close. */
  strength(period: number): Float64Array {
    return this.#once(`strength ${period}`, () => relativeStrengthIndex(this.bars.closes, period))
  }

  #once(key: string, compute: () => Float64Array): Float64Array {
    let values = this.#cached.get(key)
    if (values === undefined) {
      values = compute()
      this.#cached.set(key, values)
    }
    return values
  }
}
