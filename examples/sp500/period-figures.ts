/**
 * The performance of signals over consecutive years.
 */
import type { Bars, YearSpan } from './bars.ts'
import { COST_PER_TURNOVER, maxDrawdown, strategyReturns, totalReturn } from './performance.ts'
import { positionsFrom, type Signal } from './signals.ts'
import { yearlyFigures } from './yearly-figures.ts'

/** The figures of consecutive years, after costs. */
export interface PeriodFigures {
  /** The mean of the yearly Sharpe ratios. */
  readonly sharpe_ratio: number
  /** Compounded over all years, as a fraction: 0.1 is a gain of 10 %. */
  readonly total_return: number
  /** Largest fall from the highest value so far, also across years, as a fraction. */
  readonly max_drawdown: number
  /** Positions opened. */
  readonly trades: number
}

/**
 * Computes the figures of consecutive years.
 *
 * @param years - at least one, without gaps
 */
export function periodFigures(bars: Bars, signals: readonly Signal[], years: readonly YearSpan[]): PeriodFigures {
  const positions = positionsFrom(signals, bars.dates.length)
  let sharpes = 0
  let trades = 0
  for (const { metrics } of yearlyFigures(bars, positions, COST_PER_TURNOVER, years)) {
    sharpes += metrics.sharpe_ratio
    trades += metrics.trades
  }
  // The first bar of all has no return, as in `yearlyFigures`.
  const first = Math.max(years[0]?.first ?? 0, 1)
  const returns = strategyReturns(bars.closes, positions, COST_PER_TURNOVER).subarray(first, years.at(-1)?.end)
  return {
    sharpe_ratio: sharpes / years.length,
    total_return: totalReturn(returns),
    max_drawdown: maxDrawdown(returns),
    trades,
  }
}
