import t from 'tap'
import { barsFrom, closingTime, splitYears, type Bar } from '../../../examples/sp500/bars.ts'

const bar = (date: string, close = 10): Bar => ({ date, close, high: close + 1, low: close - 1 })

t.test('finds the first and the last day of each year', async (t) => {
  const { years } = barsFrom([bar('2000-12-28'), bar('2000-12-29'), bar('2001-01-02'), bar('2003-06-01')])
  t.strictSame(years, [
    { year: 2000, first: 0, end: 2 },
    { year: 2001, first: 2, end: 3 },
    { year: 2003, first: 3, end: 4 },
  ])
})

t.test('without bars there are no years', async (t) => {
  t.strictSame(barsFrom([]).years, [])
})

t.test('rejects days that are not ascending', async (t) => {
  t.throws(() => barsFrom([bar('2000-01-04'), bar('2000-01-04')]), { message: /2000-01-04.*follows/ })
})

t.test('rejects a date of another form', async (t) => {
  t.throws(() => barsFrom([bar('04/01/2000')]), { message: /04\/01\/2000.*form/ })
})

t.test('rejects invalid prices', async (t) => {
  const good = bar('2000-01-04')
  for (const wrong of [{ close: NaN }, { close: 12 }, { low: 0 }, { low: 10.5 }, { high: 9 }, { high: Infinity }]) {
    t.throws(() => barsFrom([{ ...good, ...wrong }]), { message: /2000-01-04.*between/ }, JSON.stringify(wrong))
  }
})

t.test('splits the years into those before a year and those from it on', async (t) => {
  const bars = barsFrom([bar('2000-12-28'), bar('2001-01-02'), bar('2003-06-01')])
  const years = (spans: readonly { year: number }[]) => spans.map(({ year }) => year)
  for (const split of [2002, 2003]) {
    const { inSample, outOfSample } = splitYears(bars, split)
    t.strictSame([years(inSample), years(outOfSample)], [[2000, 2001], [2003]])
  }
})

t.test('rejects a split with one empty side', async (t) => {
  const bars = barsFrom([bar('2000-12-28'), bar('2003-06-01')])
  for (const year of [2000, 2004]) t.throws(() => splitYears(bars, year), { message: /got 20.* from 2000 to 2003/ })
  t.throws(() => splitYears(barsFrom([]), 2000), { message: /got 2000/ })
})

t.test('the closing time is on the day of the close, in New York and in UTC', async (t) => {
  for (const date of ['2019-01-15', '2019-07-15']) {
    const time = new Date(closingTime(date))
    const newYork = new Intl.DateTimeFormat('en-GB', {
      timeZone: 'America/New_York',
      dateStyle: 'short',
      timeStyle: 'short',
    })
    t.ok(newYork.format(time).endsWith(date === '2019-01-15' ? ', 16:00' : ', 17:00'), newYork.format(time))
    t.equal(time.toISOString(), closingTime(date))
  }
})
