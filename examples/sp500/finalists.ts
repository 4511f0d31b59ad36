/**
 * Chooses the finalists: the best parameter sets in sample, of those that made the same trades the first.
 */
import type { Signal } from './signals.ts'

/** A parameter set that made it into the final. */
export interface Finalist {
  readonly container: string
  /** Further candidates with the very same signals in sample, for which it stands. */
  readonly alike: number
  /** All its signals, those out of sample too. */
  readonly signals: readonly Signal[]
}

/** The signals of the days before `end`: all that is known by then. */
export function signalsBefore(signals: readonly Signal[], end: number): Signal[] {
  return signals.filter(({ day }) => day < end)
}

/**
 * Different parameters often lead to the same trades. Ten times the same trades would be one finalist, not ten: a
 * candidate whose in-sample signals equal those of a better one is counted there and passed over.
 *
 * @param candidates - ids, best first
 * @param signalsOf - all signals of each candidate
 * @param endOfSample - index behind the last in-sample day
 * @param count - finalists wanted; there are fewer when the candidates run out
 */
export function chooseFinalists(
  candidates: readonly string[],
  signalsOf: ReadonlyMap<string, readonly Signal[]>,
  endOfSample: number,
  count: number,
): Finalist[] {
  const chosen = new Map<string, Finalist>()
  for (const container of candidates) {
    const signals = signalsOf.get(container)
    if (signals === undefined) continue
    const trades = JSON.stringify(signalsBefore(signals, endOfSample))
    const better = chosen.get(trades)
    if (better !== undefined) chosen.set(trades, { ...better, alike: better.alike + 1 })
    else if (chosen.size < count) chosen.set(trades, { container, alike: 0, signals })
  }
  return [...chosen.values()]
}
