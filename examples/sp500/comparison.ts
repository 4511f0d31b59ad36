/**
 * Compares the figures of the finalists in sample (the years they were chosen by) and out of sample (the years since).
 * Both are compared with buying and holding the index.
 */
import { splitYears, type Bars, type YearSpan } from './bars.ts'
import type { Finalist } from './finalists.ts'
import { periodFigures, type PeriodFigures } from './period-figures.ts'
import type { SignalSet } from './signal-records.ts'

/** The container that holds the index from the first day to the last. */
export const BUY_AND_HOLD: Finalist = { container: 'buy_and_hold', alike: 0, signals: [{ day: 0, position: 1 }] }

/** A period of whole years. */
export interface Period {
  /** Its first and last bar, as `2000-01-03`. */
  readonly firstDay: string
  readonly lastDay: string
  readonly days: number
}

/** One contender, in sample and out of sample. */
export interface Compared extends Pick<Finalist, 'container' | 'alike'> {
  readonly inSample: PeriodFigures
  readonly outOfSample: PeriodFigures
  /** Its rank among all parameter sets by the out-of-sample Sharpe ratio. 1 means that no set was better. */
  readonly rank: number
}

/** The result of the analysis. */
export interface Comparison {
  readonly inSample: Period
  readonly outOfSample: Period
  /** Parameter sets that were tried. */
  readonly sets: number
  /** Best in sample first. */
  readonly finalists: readonly Compared[]
  readonly buyAndHold: Compared
}

/**
 * Evaluates the finalists. Memory: one number for each parameter set.
 *
 * @param sets - all parameter sets, for the ranks
 * @param outOfSampleFrom - the first year that was not used to choose the finalists
 */
export async function compare(
  finalists: readonly Finalist[],
  sets: AsyncIterable<SignalSet>,
  bars: Bars,
  outOfSampleFrom: number,
): Promise<Comparison> {
  const { inSample, outOfSample } = splitYears(bars, outOfSampleFrom)
  const sharpes: number[] = []
  for await (const { signals } of sets) sharpes.push(periodFigures(bars, signals, outOfSample).sharpe_ratio)
  const evaluate = ({ container, alike, signals }: Finalist): Compared => {
    const since = periodFigures(bars, signals, outOfSample)
    return {
      container,
      alike,
      inSample: periodFigures(bars, signals, inSample),
      outOfSample: since,
      rank: sharpes.filter((sharpe) => sharpe > since.sharpe_ratio).length + 1,
    }
  }
  return {
    inSample: periodOf(bars, inSample),
    outOfSample: periodOf(bars, outOfSample),
    sets: sharpes.length,
    finalists: finalists.map(evaluate),
    buyAndHold: evaluate(BUY_AND_HOLD),
  }
}

function periodOf({ dates }: Bars, years: readonly YearSpan[]): Period {
  const first = years[0]?.first ?? 0
  const end = years.at(-1)?.end ?? 0
  return { firstDay: dates[first] ?? '', lastDay: dates[end - 1] ?? '', days: end - first }
}
