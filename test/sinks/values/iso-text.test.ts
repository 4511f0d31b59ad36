/**
 * The text of dates equals that of `toISOString`, independent of earlier dates.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { isoText } from '../../../sinks/values/iso-text.ts'

const END_OF_TIME = 8.64e15

/** Days in the whole range of Date, and several times of each day. */
const dates = fc
  .array(
    fc.tuple(
      fc.oneof(fc.integer({ min: -1e8, max: 1e8 - 1 }), fc.constantFrom(0, -1, -719_529, 2_932_896, 2_932_897)),
      fc.array(fc.integer({ min: 0, max: 86_399_999 }), { maxLength: 4 }),
    ),
  )
  .map((days) => days.flatMap(([day, moments]) => moments.map((ms) => new Date(day * 86_400_000 + ms))))

t.test('equals toISOString', async () => {
  fc.assert(
    fc.property(dates, (all) => {
      for (const date of all) assert.equal(isoText(date), date.toISOString())
    }),
  )
})

t.test('supports the first and the last valid date', async (t) => {
  for (const ms of [END_OF_TIME, -END_OF_TIME, -END_OF_TIME + 1, 0, -1]) {
    const date = new Date(ms)
    t.equal(isoText(date), date.toISOString())
    t.equal(isoText(date), date.toISOString(), 'a second time')
  }
})

t.test('ignores methods that a date overrides', async (t) => {
  class Local extends Date {
    override toISOString(): string {
      return 'at noon'
    }
    override getTime(): number {
      return 0.5
    }
  }
  const noon = '2026-01-01T12:00:00.000Z'
  t.equal(isoText(new Local(noon)), noon)
  t.equal(isoText(new Local(noon)), noon, 'a second time')
  t.equal(isoText(new Date(noon)), noon)
  t.throws(() => isoText(new Date(NaN)), RangeError)
  t.equal(isoText(new Date(noon)), noon)
})
