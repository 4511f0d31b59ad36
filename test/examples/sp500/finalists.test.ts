import fc from 'fast-check'
import t from 'tap'
import { chooseFinalists, signalsBefore } from '../../../examples/sp500/finalists.ts'
import type { Signal } from '../../../examples/sp500/signals.ts'

const trade = (...days: number[]): Signal[] => days.map((day, index) => ({ day, position: index % 2 }))

t.test('the best candidates are chosen, in their order', async (t) => {
  const signals = new Map([
    ['a', trade(0, 1)],
    ['b', trade(0, 2)],
    ['c', trade(0, 3)],
  ])
  const chosen = chooseFinalists(['c', 'a', 'b'], signals, 10, 2)
  t.strictSame(chosen, [
    { container: 'c', alike: 0, signals: trade(0, 3) },
    { container: 'a', alike: 0, signals: trade(0, 1) },
  ])
})

t.test('of candidates with the same trades in sample, only the best is chosen', async (t) => {
  const signals = new Map([
    ['a', trade(0, 1, 12)],
    ['b', trade(0, 1)],
    ['c', trade(0, 2)],
    ['d', trade(0, 1, 11)],
  ])
  t.strictSame(chooseFinalists(['a', 'b', 'c', 'd'], signals, 10, 2), [
    { container: 'a', alike: 2, signals: trade(0, 1, 12) },
    { container: 'c', alike: 0, signals: trade(0, 2) },
  ])
})

t.test('there are fewer finalists if there are fewer candidates', async (t) => {
  t.equal(chooseFinalists(['a'], new Map([['a', trade(0)]]), 10, 5).length, 1)
  t.strictSame(chooseFinalists([], new Map(), 10, 5), [])
})

t.test('a candidate without signals is ignored', async (t) => {
  t.strictSame(
    chooseFinalists(['lost', 'a'], new Map([['a', trade(0)]]), 10, 5).map(({ container }) => container),
    ['a'],
  )
})

t.test('all finalists made different trades, and every candidate is counted', async () => {
  const candidates = fc.array(fc.uniqueArray(fc.nat(4), { maxLength: 3 }), { maxLength: 12 })
  fc.assert(
    fc.property(candidates, fc.nat(6), (days, end) => {
      const signals = new Map(days.map((each, index) => [`${index}`, trade(...each.sort())]))
      const chosen = chooseFinalists([...signals.keys()], signals, end, 99)
      const trades = chosen.map((finalist) => JSON.stringify(signalsBefore(finalist.signals, end)))
      return (
        new Set(trades).size === chosen.length && chosen.reduce((sum, { alike }) => sum + 1 + alike, 0) === days.length
      )
    }),
  )
})

t.test('the signals before a day do not include those of the day', async (t) => {
  t.strictSame(signalsBefore(trade(0, 5, 9), 9), trade(0, 5))
  t.strictSame(signalsBefore(trade(0, 5, 9), 0), [])
})
