/**
 * Three classic rules, long or flat, each a pure function of its parameters. A rule returns one position per day,
 * decided at that day's close: 1 is long, 0 is out of the market. It uses only the days up to that close.
 */
import type { IndicatorCache } from './indicator-cache.ts'

/** One set of parameters of one rule. It is plain data, and all that a container needs. */
export type RuleSpec =
  | { readonly family: 'ma_crossover'; readonly params: { readonly fast: number; readonly slow: number } }
  | { readonly family: 'channel_breakout'; readonly params: { readonly entry: number; readonly exit: number } }
  | {
      readonly family: 'rsi'
      readonly params: { readonly period: number; readonly oversold: number; readonly overbought: number }
    }

/** The readable and unique id of a parameter set: `ma-crossover/fast=5,slow=20`. */
export function containerId({ family, params }: RuleSpec): string {
  const settings = Object.entries(params).map(([name, value]) => `${name}=${value}`)
  return `${family.replaceAll('_', '-')}/${settings.join()}`
}

/** The positions of one parameter set, one per day. */
export function positionsOf(spec: RuleSpec, indicators: IndicatorCache): Uint8Array {
  switch (spec.family) {
    case 'ma_crossover':
      return crossover(indicators, spec.params.fast, spec.params.slow)
    case 'channel_breakout':
      return breakout(indicators, spec.params.entry, spec.params.exit)
    case 'rsi':
      return reversal(indicators, spec.params.period, spec.params.oversold, spec.params.overbought)
  }
}

/** Long while the fast moving average of the close is above the slow one. */
function crossover(indicators: IndicatorCache, fastDays: number, slowDays: number): Uint8Array {
  const fast = indicators.average(fastDays)
  const slow = indicators.average(slowDays)
  const positions = new Uint8Array(fast.length)
  for (let t = 0; t < positions.length; t++) positions[t] = at(fast, t) > at(slow, t) ? 1 : 0
  return positions
}

/**
 * Buys on a close above the highest high of the previous `entryDays`. Sells on a close below the lowest low of the
 * previous `exitDays`. This is Donchian's channel, with a shorter channel for the exit.
 */
function breakout(indicators: IndicatorCache, entryDays: number, exitDays: number): Uint8Array {
  const { closes } = indicators.bars
  const upper = indicators.highest(entryDays)
  const lower = indicators.lowest(exitDays)
  return switching(
    closes.length,
    (t) => at(closes, t) > at(upper, t),
    (t) => at(closes, t) < at(lower, t),
  )
}

/** Buys when Wilder's relative strength index falls below `oversold`, and sells when it rises above `overbought`. */
function reversal(indicators: IndicatorCache, period: number, oversold: number, overbought: number): Uint8Array {
  const strength = indicators.strength(period)
  return switching(
    strength.length,
    (t) => at(strength, t) < oversold,
    (t) => at(strength, t) > overbought,
  )
}

/** Is long from a day that `buys` to the next day that `sells`, and flat otherwise. */
function switching(days: number, buys: (t: number) => boolean, sells: (t: number) => boolean): Uint8Array {
  const positions = new Uint8Array(days)
  let position = 0
  for (let t = 0; t < days; t++) {
    if (position === 0 ? buys(t) : sells(t)) position = 1 - position
    positions[t] = position
  }
  return positions
}

function at(values: Float64Array, index: number): number {
  return values[index] as number
}
