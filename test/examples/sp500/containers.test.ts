import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { barsFrom, type Bar } from '../../../examples/sp500/bars.ts'
import { backtest, backtests, containerId, COST_PER_TURNOVER } from '../../../examples/sp500/containers.ts'
import { parameterSets } from '../../../examples/sp500/grid.ts'
import { IndicatorCache } from '../../../examples/sp500/indicator-cache.ts'
import { barsFile } from '../../../examples/sp500/load-bars.ts'
import type { RuleSpec } from '../../../examples/sp500/rules.ts'
import { naiveBacktest } from './naive-backtest.ts'
import { randomBars } from './random-bars.ts'

const rows = readRows()
const indicators = new IndicatorCache(barsFrom(rows))

/** The file read by hand, so that nothing under test vouches for itself. */
function readRows(): Bar[] {
  const [, ...lines] = readFileSync(barsFile(), 'utf8').trimEnd().split('\n')
  return lines.map((line) => {
    const [date, , high, low, close] = line.split(',')
    return { date: date!, high: Number(high), low: Number(low), close: Number(close) }
  })
}

t.test('a container id is readable', async (t) => {
  t.equal(containerId({ family: 'ma_crossover', params: { fast: 5, slow: 20 } }), 'ma-crossover/fast=5,slow=20')
})

t.test('a container yields one record per calendar year', async (t) => {
  const records = [...backtest({ family: 'channel_breakout', params: { entry: 20, exit: 10 } }, indicators)]
  t.strictSame(
    records.map(({ year }) => year),
    Array.from({ length: 21 }, (_, index) => 2000 + index),
  )
  t.equal(records[0]?.timestamp, '2000-12-29T00:00:00.000Z')
  t.equal(records.at(-1)?.timestamp, '2020-04-17T00:00:00.000Z')
})

t.test('a record has the shape that the toolkit reads', async (t) => {
  const [record] = backtest({ family: 'rsi', params: { period: 14, oversold: 30, overbought: 70 } }, indicators)
  t.match(record, {
    phase: 'backtest',
    container: 'rsi/period=14,oversold=30,overbought=70',
    family: 'rsi',
    params: { period: 14, oversold: 30, overbought: 70 },
    year: 2000,
    result: {
      metrics: {
        sharpe_ratio: Number,
        total_return: Number,
        max_drawdown: Number,
        trades: Number,
        exposure: Number,
      },
      signals_generated: Number,
    },
  })
})

t.test('the figures are those of a plain and independent backtest', async (t) => {
  const specs: RuleSpec[] = [
    { family: 'ma_crossover', params: { fast: 10, slow: 50 } },
    { family: 'channel_breakout', params: { entry: 20, exit: 10 } },
    { family: 'rsi', params: { period: 14, oversold: 30, overbought: 70 } },
  ]
  // Four years are enough for all three, as the naive one computes everything from scratch every day.
  const some = rows.filter(({ date }) => date < '2004')
  const market = new IndicatorCache(barsFrom(some))
  for (const spec of specs) {
    const naive = naiveBacktest(some, spec, COST_PER_TURNOVER)
    for (const { year, container, result } of backtest(spec, market)) {
      for (const [metric, expected] of Object.entries(naive.get(year)!)) {
        const found = result.metrics[metric as keyof typeof result.metrics]
        t.ok(Math.abs(found - expected) < 1e-9, `${container} ${year} ${metric}: ${found}, ${expected}`)
      }
    }
  }
})

t.test('records of years gone by do not depend on what comes after', async () => {
  fc.assert(
    fc.property(randomBars(40, 70), fc.constantFrom(...parameterSets(60)), (bars, spec) => {
      const year = ({ date }: Bar) => date.slice(0, 4)
      const past = bars.filter((bar) => year(bar) === '2001')
      const [first] = backtest(spec, new IndicatorCache(barsFrom(bars)))
      const [alone] = backtest(spec, new IndicatorCache(barsFrom(past)))
      return JSON.stringify(first) === JSON.stringify(alone)
    }),
  )
})

t.test('every figure is finite, and a year without a position has the Sharpe ratio 0', async (t) => {
  let idle = 0
  for (const { container, year, result } of backtests(parameterSets(300), indicators)) {
    const { metrics } = result
    if (!Object.values(metrics).every(Number.isFinite)) t.fail(`${container} ${year}: ${JSON.stringify(metrics)}`)
    if (metrics.exposure > 0 || metrics.trades > 0) continue
    idle++
    if (metrics.sharpe_ratio !== 0 || metrics.total_return !== 0 || metrics.max_drawdown !== 0) {
      t.fail(`${container} ${year}: ${JSON.stringify(metrics)}`)
    }
  }
  t.ok(idle > 0, `${idle} years without a position`)
})

t.test('costs make every set with a trade poorer', async (t) => {
  const spec: RuleSpec = { family: 'rsi', params: { period: 5, oversold: 30, overbought: 70 } }
  const free = naiveBacktest(rows.slice(0, 500), spec, 0)
  for (const { year, result } of backtest(spec, new IndicatorCache(barsFrom(rows.slice(0, 500))))) {
    t.ok(result.metrics.trades > 0)
    t.ok(result.metrics.total_return < free.get(year)!.total_return)
  }
})

t.test('the same search gives the same records', async (t) => {
  const run = () => JSON.stringify([...backtests(parameterSets(30), new IndicatorCache(barsFrom(rows)))])
  t.equal(run(), run())
})
