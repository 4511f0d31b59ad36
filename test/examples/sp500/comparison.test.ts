import t from 'tap'
import { barsFrom } from '../../../examples/sp500/bars.ts'
import { BUY_AND_HOLD, compare } from '../../../examples/sp500/comparison.ts'
import type { Finalist } from '../../../examples/sp500/finalists.ts'
import { periodFigures } from '../../../examples/sp500/period-figures.ts'
import type { SignalSet } from '../../../examples/sp500/signal-records.ts'
import type { Signal } from '../../../examples/sp500/signals.ts'

/** One year in sample and two out of sample, with a positive return of holding and one day with a large gain. */
const closes = [100, 101, 103, 102, 105, 104, 115, 99, 110, 120]
const dates = ['2008-12-22', '2008-12-23', '2008-12-24', '2008-12-29', '2008-12-30']
  .concat(['2009-01-02', '2009-01-05', '2009-01-06', '2009-01-07'])
  .concat('2010-01-04')
const bars = barsFrom(dates.map((date, day) => ({ date, close: closes[day]!, high: closes[day]!, low: closes[day]! })))

const held: Signal[] = [{ day: 0, position: 1 }]
const lucky: Signal[] = [
  { day: 5, position: 1 },
  { day: 6, position: 0 },
]
const unlucky: Signal[] = [
  { day: 6, position: 1 },
  { day: 7, position: 0 },
]
const idle: Signal[] = [{ day: 0, position: 0 }]

async function* sets(): AsyncGenerator<SignalSet> {
  for (const [container, signals] of Object.entries({ held, lucky, unlucky, idle })) {
    yield { container, family: 'f', params: {}, signals }
  }
}

const finalist = (container: string, signals: Signal[]): Finalist => ({ container, alike: 3, signals })

t.test('returns the figures in sample and out of sample', async (t) => {
  const years = bars.years
  const { finalists, inSample, outOfSample } = await compare([finalist('unlucky', unlucky)], sets(), bars, 2009)
  t.strictSame(finalists, [
    {
      container: 'unlucky',
      alike: 3,
      inSample: periodFigures(bars, unlucky, years.slice(0, 1)),
      outOfSample: periodFigures(bars, unlucky, years.slice(1)),
      rank: 4,
    },
  ])
  t.strictSame(inSample, { firstDay: '2008-12-22', lastDay: '2008-12-30', days: 5 })
  t.strictSame(outOfSample, { firstDay: '2009-01-02', lastDay: '2010-01-04', days: 5 })
})

t.test('ranks by the Sharpe ratio out of sample among all sets', async (t) => {
  const contenders = [finalist('idle', idle), finalist('unlucky', unlucky), finalist('lucky', lucky)]
  const { finalists, sets: count } = await compare(contenders, sets(), bars, 2009)
  t.equal(count, 4)
  t.strictSame(
    finalists.map(({ container, rank }) => [container, rank]),
    [
      ['idle', 3],
      ['unlucky', 4],
      ['lucky', 1],
    ],
    'in the order given',
  )
})

t.test('equally good sets have the same rank', async (t) => {
  const twins = async function* () {
    yield* sets()
    yield* sets()
  }
  const { finalists } = await compare([finalist('lucky', lucky), finalist('held', held)], twins(), bars, 2009)
  t.strictSame(
    finalists.map(({ rank }) => rank),
    [1, 3],
  )
})

t.test('buying and holding is evaluated like a set', async (t) => {
  const { buyAndHold } = await compare([], sets(), bars, 2009)
  t.match(buyAndHold, { container: BUY_AND_HOLD.container, rank: 2 })
  t.equal(buyAndHold.outOfSample.total_return.toFixed(9), (120 / 105 - 1).toFixed(9))
  t.equal(buyAndHold.inSample.total_return.toFixed(9), (105 / 100 - 1).toFixed(9))
})
