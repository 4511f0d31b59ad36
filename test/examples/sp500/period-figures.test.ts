import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { barsFrom, type Bars } from '../../../examples/sp500/bars.ts'
import { COST_PER_TURNOVER, strategyReturns } from '../../../examples/sp500/performance.ts'
import { periodFigures } from '../../../examples/sp500/period-figures.ts'
import { signalsOf } from '../../../examples/sp500/signals.ts'
import { yearlyFigures } from '../../../examples/sp500/yearly-figures.ts'
import { randomBars } from './random-bars.ts'

const close = (date: string, close: number) => ({ date, close, high: close, low: close })
const near = (a: number, b: number) => Math.abs(a - b) < 1e-9

/** The largest fall between any two days, by trying all pairs. */
function deepestFall(bars: Bars, positions: Uint8Array, first: number, end: number): number {
  const equity = [1]
  for (const value of strategyReturns(bars.closes, positions, COST_PER_TURNOVER).subarray(first, end)) {
    equity.push(equity.at(-1)! * (1 + value))
  }
  const falls = equity.flatMap((high, start) => equity.slice(start).map((low) => 1 - low / high))
  return Math.max(...falls)
}

t.test('the years compound, their trades add up, and their Sharpe ratios are averaged', async () => {
  const positions = fc.uint8Array({ minLength: 70, maxLength: 70, max: 1 })
  fc.assert(
    fc.property(randomBars(40, 70), positions, fc.boolean(), (rows, given, lastYearOnly) => {
      const bars = barsFrom(rows)
      const positions = given.subarray(0, rows.length)
      const years = bars.years.slice(lastYearOnly ? -1 : 0)
      const yearly = [...yearlyFigures(bars, positions, COST_PER_TURNOVER, years)].map(({ metrics }) => metrics)
      const period = periodFigures(bars, signalsOf(positions), years)
      assert.ok(
        near(period.sharpe_ratio, yearly.reduce((sum, { sharpe_ratio }) => sum + sharpe_ratio, 0) / years.length),
      )
      assert.ok(near(period.total_return, yearly.reduce((all, { total_return }) => all * (1 + total_return), 1) - 1))
      assert.equal(
        period.trades,
        yearly.reduce((sum, { trades }) => sum + trades, 0),
      )
      const first = Math.max(years[0]!.first, 1)
      assert.ok(near(period.max_drawdown, deepestFall(bars, positions, first, years.at(-1)!.end)))
    }),
  )
})

t.test('a fall across the end of a year is one fall', async (t) => {
  const bars = barsFrom([
    close('2000-12-28', 100),
    close('2000-12-29', 80),
    close('2001-01-02', 60),
    close('2001-01-03', 70),
  ])
  const { max_drawdown } = periodFigures(bars, [{ day: 0, position: 1 }], bars.years)
  t.ok(near(max_drawdown, 0.4))
})

t.test('a position from previous years continues', async (t) => {
  const bars = barsFrom([close('2000-12-28', 100), close('2000-12-29', 100), close('2001-01-02', 150)])
  const { total_return, trades } = periodFigures(bars, [{ day: 0, position: 1 }], bars.years.slice(1))
  t.ok(near(total_return, 0.5))
  t.equal(trades, 0)
})
