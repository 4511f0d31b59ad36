/**
 * The parameter sets of the search, generated lazily and always in the same order. The families take turns, so that the
 * first sets include all families.
 */
import type { RuleSpec } from './rules.ts'

/** All parameter sets, or the first `limit` of them. */
export function* parameterSets(limit = Infinity): Generator<RuleSpec> {
  let count = 0
  for (const spec of inTurns<RuleSpec>([crossovers(), breakouts(), reversals()])) {
    if (count++ >= limit) return
    yield spec
  }
}

function* crossovers(): Generator<RuleSpec> {
  for (const slow of steps(20, 250, 5)) {
    for (const fast of steps(2, 40, 2)) {
      if (fast < slow) yield { family: 'ma_crossover', params: { fast, slow } }
    }
  }
}

function* breakouts(): Generator<RuleSpec> {
  for (const entry of steps(10, 200, 5)) {
    for (const exit of steps(5, entry, 5)) yield { family: 'channel_breakout', params: { entry, exit } }
  }
}

function* reversals(): Generator<RuleSpec> {
  for (const period of steps(2, 21, 1)) {
    for (const oversold of steps(10, 40, 5)) {
      for (const overbought of steps(55, 85, 5)) yield { family: 'rsi', params: { period, oversold, overbought } }
    }
  }
}

/** The numbers from `first` to `last` (inclusive). */
function* steps(first: number, last: number, step: number): Generator<number> {
  for (let value = first; value <= last; value += step) yield value
}

/** One item of each source in turn, until all have ended. */
function* inTurns<T>(sources: readonly Iterator<T>[]): Generator<T> {
  let open = sources
  while (open.length > 0) {
    const next = open.map((source) => ({ source, result: source.next() }))
    for (const { result } of next) if (result.done !== true) yield result.value
    open = next.filter(({ result }) => result.done !== true).map(({ source }) => source)
  }
}
