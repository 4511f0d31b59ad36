import t from 'tap'
import { barsFrom } from '../../../examples/sp500/bars.ts'
import { loadBars } from '../../../examples/sp500/load-bars.ts'
import { yearlyFigures } from '../../../examples/sp500/yearly-figures.ts'

const close = (date: string, close: number) => ({ date, close, high: close, low: close })
const round = (value: number) => Math.round(value * 1e6) / 1e6

t.test('buying and holding earns what the index does, year by year', async (t) => {
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

t.test('a position held over the turn of the year earns in both years', async (t) => {
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

t.test('a trade at the last close of a year belongs to that year, and its fruits to the next', async (t) => {
  const bars = barsFrom([close('2000-12-28', 100), close('2000-12-29', 100), close('2001-01-02', 150)])
  const [first, second] = [...yearlyFigures(bars, Uint8Array.of(0, 1, 1), 0.01)]
  t.match(first, { metrics: { trades: 1, exposure: 0 } })
  t.equal(round(first!.metrics.total_return), -0.01)
  t.match(second, { metrics: { trades: 0, exposure: 1, total_return: 0.5 } })
})

t.test('a year of a single first bar has no figures but zeros', async (t) => {
  const bars = barsFrom([close('2000-12-29', 100), close('2001-01-02', 100)])
  const [first] = yearlyFigures(bars, Uint8Array.of(0, 0), 0.01)
  t.strictSame(first?.metrics, { sharpe_ratio: 0, total_return: 0, max_drawdown: 0, trades: 0, exposure: 0 })
})
