/**
 * A simple and slow backtest that shares no code with the one under test. Every indicator is computed anew each day,
 * and every year is one pass over its days.
 */
import type { Bar } from '../../../examples/sp500/bars.ts'
import type { RuleSpec } from '../../../examples/sp500/rules.ts'

export interface NaiveYear {
  sharpe_ratio: number
  total_return: number
  max_drawdown: number
  trades: number
  exposure: number
}

export function naiveBacktest(bars: readonly Bar[], spec: RuleSpec, cost: number): Map<number, NaiveYear> {
  const closes = bars.map(({ close }) => close)
  const years = new Map<number, { returns: number[]; trades: number; daysLong: number }>()
  let long = false
  for (let day = 1; day < bars.length; day++) {
    const number = Number(bars[day]!.date.slice(0, 4))
    const year = years.get(number) ?? { returns: [], trades: 0, daysLong: 0 }
    years.set(number, year)
    let change = long ? (closes[day]! - closes[day - 1]!) / closes[day - 1]! : 0
    if (long) year.daysLong++
    const wants = decide(bars.slice(0, day + 1), spec, long)
    if (wants !== long) change -= cost
    if (wants && !long) year.trades++
    year.returns.push(change)
    long = wants
  }
  return new Map([...years].map(([number, year]) => [number, measure(year)]))
}

function decide(known: readonly Bar[], spec: RuleSpec, long: boolean): boolean {
  const closes = known.map(({ close }) => close)
  const close = closes.at(-1)!
  if (spec.family === 'ma_crossover') {
    const { fast, slow } = spec.params
    return closes.length >= slow && mean(closes.slice(-fast)) > mean(closes.slice(-slow))
  }
  if (spec.family === 'channel_breakout') {
    const before = known.slice(0, -1)
    const { entry, exit } = spec.params
    if (!long) return before.length >= entry && close > Math.max(...before.slice(-entry).map(({ high }) => high))
    return !(close < Math.min(...before.slice(-exit).map(({ low }) => low)))
  }
  const { period, oversold, overbought } = spec.params
  if (closes.length <= period) return false
  const changes = closes.slice(1).map((value, index) => value - closes[index]!)
  const gains = smoothed(
    changes.map((change) => (change > 0 ? change : 0)),
    period,
  )
  const losses = smoothed(
    changes.map((change) => (change < 0 ? -change : 0)),
    period,
  )
  const strength = 100 - 100 / (1 + gains / losses)
  return long ? !(strength > overbought) : strength < oversold
}

/**
 * Wilder's average: first the arithmetic mean, then the previous average with weight `period - 1` and the new value.
 */
function smoothed(values: readonly number[], period: number): number {
  let average = mean(values.slice(0, period))
  for (const value of values.slice(period)) average = (average * (period - 1) + value) / period
  return average
}

function measure({ returns, trades, daysLong }: { returns: number[]; trades: number; daysLong: number }): NaiveYear {
  const equity = [1]
  for (const value of returns) equity.push(equity.at(-1)! * (1 + value))
  const falls = equity.flatMap((high, start) => equity.slice(start).map((low) => (high - low) / high))
  const average = mean(returns)
  const variance = returns.reduce((sum, value) => sum + (value - average) * (value - average), 0) / (returns.length - 1)
  return {
    sharpe_ratio: variance === 0 ? 0 : (average * Math.sqrt(252)) / Math.sqrt(variance),
    total_return: equity.at(-1)! - 1,
    max_drawdown: falls.reduce((deepest, fall) => Math.max(deepest, fall), 0),
    trades,
    exposure: daysLong / returns.length,
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
