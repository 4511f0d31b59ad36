/**
 * Splits a series of positions into calendar years and computes the figures of each year.
 */
import type { Bars, YearSpan } from './bars.ts'
import { maxDrawdown, sharpeRatio, strategyReturns, totalReturn } from './performance.ts'

/** The figures of one year. */
export interface YearMetrics {
  /** Annualised. 0 for a year whose returns do not vary, such as one without a position. */
  readonly sharpe_ratio: number
  /** As a fraction: 0.1 is a gain of 10 %. */
  readonly total_return: number
  /** Largest fall from the year's highest value so far, as a fraction: 0.2 is a fall of 20 %. */
  readonly max_drawdown: number
  /** Positions opened. */
  readonly trades: number
  /** Fraction of the year's days on which a position was held. */
  readonly exposure: number
}

/** One year of a series of positions. */
interface YearFigures {
  readonly year: number
  /** The year's last bar, as `2000-12-29`. */
  readonly lastDay: string
  readonly metrics: YearMetrics
  /** Positions opened and closed. */
  readonly signals: number
}

/**
 * Computes the figures of each calendar year, oldest first. A position held across the end of a year earns in both
 * years. A trade and its costs belong to the year of the close at which it was made. The first bar of all has no
 * return.
 *
 * @param years - the years to include. Default: all
 */
export function* yearlyFigures(
  bars: Bars,
  positions: Uint8Array,
  costPerTurnover: number,
  years: readonly YearSpan[] = bars.years,
): Generator<YearFigures> {
  const allReturns = strategyReturns(bars.closes, positions, costPerTurnover)
  for (const { year, first, end } of years) {
    const firstReturn = Math.max(first, 1)
    const returns = allReturns.subarray(firstReturn, end)
    const { opened, closed, daysHeld } = countTrades(positions, firstReturn, end)
    yield {
      year,
      lastDay: bars.dates[end - 1] ?? '',
      metrics: {
        sharpe_ratio: sharpeRatio(returns),
        total_return: totalReturn(returns),
        max_drawdown: maxDrawdown(returns),
        trades: opened,
        exposure: returns.length === 0 ? 0 : daysHeld / returns.length,
      },
      signals: opened + closed,
    }
  }
}

function countTrades(positions: Uint8Array, first: number, end: number) {
  let opened = 0
  let closed = 0
  let daysHeld = 0
  for (let t = first; t < end; t++) {
    const before = positions[t - 1] as number
    const after = positions[t] as number
    daysHeld += before
    if (after > before) opened++
    else if (after < before) closed++
  }
  return { opened, closed, daysHeld }
}
