/** Valid random bars, for property tests. */
import fc from 'fast-check'
import type { Bar } from '../../../examples/sp500/bars.ts'

const price = fc.double({ min: 50, max: 150, noNaN: true })
const spread = fc.double({ min: 0, max: 5, noNaN: true })

/** One bar per day from 1 December 2001 on, so that a series contains the end of a year. */
export function randomBars(minLength: number, maxLength: number): fc.Arbitrary<Bar[]> {
  return fc.array(fc.tuple(price, spread, spread), { minLength, maxLength }).map((days) =>
    days.map(([close, up, down], index) => {
      const date = new Date(Date.UTC(2001, 11, 1 + index)).toISOString().slice(0, 10)
      return { date, close, high: close + up, low: close - down }
    }),
  )
}
