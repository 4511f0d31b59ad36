import fc from 'fast-check'
import t from 'tap'
import { barsFrom } from '../../../examples/sp500/bars.ts'
import { parameterSets } from '../../../examples/sp500/grid.ts'
import { IndicatorCache } from '../../../examples/sp500/indicator-cache.ts'
import { loadBars } from '../../../examples/sp500/load-bars.ts'
import { COST_PER_TURNOVER } from '../../../examples/sp500/performance.ts'
import { containerId, positionsOf, type RuleSpec } from '../../../examples/sp500/rules.ts'
import { yearlyFigures } from '../../../examples/sp500/yearly-figures.ts'
import { naiveBacktest } from './naive-backtest.ts'
import { randomBars } from './random-bars.ts'
import { readRows } from './read-rows.ts'

const close = (date: string, close: number) => ({ date, close, high: close, low: close })
const round = (value: number) => Math.round(value * 1e6) / 1e6

t.test('buying and holding earns the return of the index in each year', async (t) => {
  const bars = await loadBars()
  const held = new Uint8Array(bars.dates.length).fill(1)
  const returns = new Map([...yearlyFigures(bars, held, 0)].map(({ year, metrics }) => [year, metrics.total_return]))
  t.equal(returns.size, 21)
  for (const { year, first, end } of bars.years) {
    const before = bars.closes[Math.max(first - 1, 0)]!
    t.ok(Math.abs(returns.get(year)! - (bars.closes[end - 1]! / before - 1)) < 1e-9, `${year}`)
  }
  // As published for the price index.
  for (const [year, percent] of [
    [2003, 26.38],
    [2008, -38.49],
    [2013, 29.6],
    [2019, 28.88],
  ] as const) {
    t.equal(Math.round(returns.get(year)! * 1e4) / 100, percent, `${year}`)
  }
})

t.test('a position held across the end of a year earns in both years', async (t) => {
  const bars = barsFrom([
    close('2000-12-27', 100),
    close('2000-12-28', 100),
    close('2000-12-29', 110),
    close('2001-01-02', 121),
    close('2001-01-03', 60.5),
  ])
  const [first, second] = [...yearlyFigures(bars, Uint8Array.of(0, 1, 1, 0, 0), 0.01)]
  t.match(first, { year: 2000, lastDay: '2000-12-29', signals: 1, metrics: { trades: 1, exposure: 0.5 } })
  t.equal(round(first!.metrics.total_return), round(0.99 * 1.1 - 1))
  t.match(second, { year: 2001, lastDay: '2001-01-03', signals: 1, metrics: { trades: 0, exposure: 0.5 } })
  t.equal(round(second!.metrics.total_return), 0.09)
})

t.test('a trade at the last close of a year belongs to that year, and its return to the next', async (t) => {
  const bars = barsFrom([close('2000-12-28', 100), close('2000-12-29', 100), close('2001-01-02', 150)])
  const [first, second] = [...yearlyFigures(bars, Uint8Array.of(0, 1, 1), 0.01)]
  t.match(first, { metrics: { trades: 1, exposure: 0 } })
  t.equal(round(first!.metrics.total_return), -0.01)
  t.match(second, { metrics: { trades: 0, exposure: 1, total_return: 0.5 } })
})

t.test('all figures of a year with a single first bar are 0', async (t) => {
  const bars = barsFrom([close('2000-12-29', 100), close('2001-01-02', 100)])
  const [first] = yearlyFigures(bars, Uint8Array.of(0, 0), 0.01)
  t.strictSame(first?.metrics, { sharpe_ratio: 0, total_return: 0, max_drawdown: 0, trades: 0, exposure: 0 })
})

t.test('a selection of years does not change their figures', async (t) => {
  const bars = barsFrom(readRows())
  const positions = Uint8Array.from(bars.dates, (_, day) => day % 2)
  const asked = bars.years.slice(3, 6)
  t.strictSame(
    [...yearlyFigures(bars, positions, COST_PER_TURNOVER, asked)],
    [...yearlyFigures(bars, positions, COST_PER_TURNOVER)].slice(3, 6),
  )
})

t.test('the figures equal those of a simple, independent backtest', async (t) => {
  const specs: RuleSpec[] = [
    { family: 'ma_crossover', params: { fast: 10, slow: 50 } },
    { family: 'channel_breakout', params: { entry: 20, exit: 10 } },
    { family: 'rsi', params: { period: 14, oversold: 30, overbought: 70 } },
  ]
  // Only four years, because the naive backtest computes all indicators anew every day.
  const rows = readRows().filter(({ date }) => date < '2004')
  const indicators = new IndicatorCache(barsFrom(rows))
  for (const spec of specs) {
    const naive = naiveBacktest(rows, spec, COST_PER_TURNOVER)
    const years = [...yearlyFigures(indicators.bars, positionsOf(spec, indicators), COST_PER_TURNOVER)]
    t.equal(years.length, 4)
    for (const { year, metrics } of years) {
      for (const [metric, expected] of Object.entries(naive.get(year)!)) {
        const found = metrics[metric as keyof typeof metrics]
        t.ok(Math.abs(found - expected) < 1e-9, `${containerId(spec)} ${year} ${metric}: ${found}, ${expected}`)
      }
    }
  }
})

t.test('the figures of a year do not depend on later bars', async () => {
  fc.assert(
    fc.property(randomBars(40, 70), fc.constantFrom(...parameterSets(60)), (bars, spec) => {
      const figures = (known: typeof bars) => {
        const indicators = new IndicatorCache(barsFrom(known))
        return yearlyFigures(indicators.bars, positionsOf(spec, indicators), COST_PER_TURNOVER).next().value
      }
      const past = bars.filter(({ date }) => date < '2002')
      return JSON.stringify(figures(bars)) === JSON.stringify(figures(past))
    }),
  )
})

t.test('every figure is finite, and a year without a position has the Sharpe ratio 0', async (t) => {
  const indicators = new IndicatorCache(barsFrom(readRows()))
  let idle = 0
  for (const spec of parameterSets(300)) {
    for (const { year, metrics } of yearlyFigures(indicators.bars, positionsOf(spec, indicators), COST_PER_TURNOVER)) {
      const about = `${containerId(spec)} ${year}: ${JSON.stringify(metrics)}`
      if (!Object.values(metrics).every(Number.isFinite)) t.fail(about)
      if (metrics.exposure > 0 || metrics.trades > 0) continue
      idle++
      if (metrics.sharpe_ratio !== 0 || metrics.total_return !== 0 || metrics.max_drawdown !== 0) t.fail(about)
    }
  }
  t.ok(idle > 0, `${idle} years without a position`)
})
