/**
 * From a parameter set to its records: each set is one container, whose generator yields one record per calendar
 * year. What comes out depends on the bars and the set alone.
 */
import type { IndicatorCache } from './indicator-cache.ts'
import { positionsOf, type RuleSpec } from './rules.ts'
import { yearlyFigures, type YearMetrics } from './yearly-figures.ts'

/** Cost of one unit of turnover, as a fraction of the equity: 5 basis points for getting in, 5 for getting out. */
export const COST_PER_TURNOVER = 0.0005

/** One year of one parameter set. */
export type YearRecord = RuleSpec & {
  readonly phase: 'backtest'
  /** Readable and unique: `ma-crossover/fast=5,slow=20`. */
  readonly container: string
  /** The last bar of the year. */
  readonly timestamp: string
  readonly year: number
  readonly result: {
    readonly metrics: YearMetrics
    /** Signals to buy and to sell, each at the close of a day. */
    readonly signals_generated: number
  }
}

/** The records of all parameter sets, one set after the other. */
export function* backtests(specs: Iterable<RuleSpec>, indicators: IndicatorCache): Generator<YearRecord> {
  for (const spec of specs) yield* backtest(spec, indicators)
}

/** The records of one parameter set, one per calendar year, oldest first. */
export function* backtest(spec: RuleSpec, indicators: IndicatorCache): Generator<YearRecord> {
  const container = containerId(spec)
  const positions = positionsOf(spec, indicators)
  for (const { year, lastDay, metrics, signals } of yearlyFigures(indicators.bars, positions, COST_PER_TURNOVER)) {
    yield {
      phase: 'backtest',
      container,
      timestamp: `${lastDay}T00:00:00.000Z`,
      ...spec,
      year,
      result: { metrics, signals_generated: signals },
    }
  }
}

/** The readable id of a parameter set. */
export function containerId({ family, params }: RuleSpec): string {
  const settings = Object.entries(params).map(([name, value]) => `${name}=${value}`)
  return `${family.replaceAll('_', '-')}/${settings.join()}`
}
