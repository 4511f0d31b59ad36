import t from 'tap'
import { barsFrom, type Bar } from '../../../examples/sp500/bars.ts'

const bar = (date: string, close = 10): Bar => ({ date, close, high: close + 1, low: close - 1 })

t.test('finds the first and the last day of each year', async (t) => {
  const { years } = barsFrom([bar('2000-12-28'), bar('2000-12-29'), bar('2001-01-02'), bar('2003-06-01')])
  t.strictSame(years, [
    { year: 2000, first: 0, end: 2 },
    { year: 2001, first: 2, end: 3 },
    { year: 2003, first: 3, end: 4 },
  ])
})

t.test('no bars make no years', async (t) => {
  t.strictSame(barsFrom([]).years, [])
})

t.test('refuses days that do not ascend', async (t) => {
  t.throws(() => barsFrom([bar('2000-01-04'), bar('2000-01-04')]), { message: /2000-01-04.*follows/ })
})

t.test('refuses what is not a day', async (t) => {
  t.throws(() => barsFrom([bar('04/01/2000')]), { message: /04\/01\/2000.*form/ })
})

t.test('refuses prices that cannot be', async (t) => {
  const good = bar('2000-01-04')
  for (const wrong of [{ close: NaN }, { close: 12 }, { low: 0 }, { low: 10.5 }, { high: 9 }, { high: Infinity }]) {
    t.throws(() => barsFrom([{ ...good, ...wrong }]), { message: /2000-01-04.*between/ }, JSON.stringify(wrong))
  }
})
