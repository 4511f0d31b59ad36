import t from 'tap'
import type { YearRecord } from '../../../examples/sp500/containers.ts'
import { TrackRecords } from '../../../examples/sp500/track-records.ts'

function record(container: string, year: number, sharpe: number, totalReturn = 0): YearRecord {
  return {
    phase: 'backtest',
    container,
    timestamp: `${year}-12-31T00:00:00.000Z`,
    family: 'ma_crossover',
    params: { fast: 1, slow: 2 },
    year,
    result: {
      metrics: { sharpe_ratio: sharpe, total_return: totalReturn, max_drawdown: 0, trades: 2, exposure: 1 },
      signals_generated: 4,
    },
  }
}

t.test('sums up the years of a set', async (t) => {
  const records = new TrackRecords(2002)
  records.add(record('a', 2000, 1, 0.5))
  records.add(record('a', 2001, 3, -0.5))
  records.add(record('a', 2002, 2, 1))
  const a = records.of('a')!
  t.equal(a.growth, 1.5)
  t.equal(a.trades, 6)
  t.strictSame(a.best, { year: 2001, sharpe: 3 })
  t.equal(a.before.value, 2)
  t.equal(a.since.value, 2)
  t.equal(records.size, 1)
})

t.test('the hold-out chooses by the years before the split and ranks by those since', async (t) => {
  const records = new TrackRecords(2001)
  for (const [container, before, since] of [
    ['lucky', 3, 0.1],
    ['steady', 1, 1],
    ['late', -1, 5],
    ['poor', 0, 0],
  ] as const) {
    records.add(record(container, 2000, before))
    records.add(record(container, 2001, since))
  }
  const { chosen, rank, sets } = records.holdOut()!
  t.strictSame([chosen.container, rank, sets], ['lucky', 3, 4])
})

t.test('there is no hold-out without sets', async (t) => {
  t.equal(new TrackRecords(2001).holdOut(), undefined)
  t.equal(new TrackRecords(2001).of('a'), undefined)
})
