/**
 * Chooses the finalists: the best parameter sets in sample, without sets whose trades equal those of a better one.
 */
import type { Signal } from './signals.ts'

/** A parameter set that was chosen. */
export interface Finalist {
  readonly container: string
  /** Number of further candidates with the same signals in sample, which it represents. */
  readonly alike: number
  /** All its signals, also out of sample. */
  readonly signals: readonly Signal[]
}

/** The signals of the days before `end`, which are all that is known by then. */
export function signalsBefore(signals: readonly Signal[], end: number): Signal[] {
  return signals.filter(({ day }) => day < end)
}

/**
 * Chooses the best candidates. Different parameters often lead to the same trades, and such sets are one finalist. So a
 * candidate whose in-sample signals equal those of a better one is not chosen, but counted in `alike` of that one.
 *
 * @param candidates - ids, best first
 * @param signalsOf - all signals of each candidate
 * @param endOfSample - index after the last in-sample day
 * @param count - the most finalists to choose; there may be fewer candidates
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
