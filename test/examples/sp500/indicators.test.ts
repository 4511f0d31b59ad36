import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import {
  highestBefore,
  lowestBefore,
  relativeStrengthIndex,
  simpleMovingAverage,
} from '../../../examples/sp500/indicators.ts'

const series = (...values: number[]) => Float64Array.from(values)
const rounded = (values: Float64Array) => Array.from(values, (value) => Math.round(value * 1e4) / 1e4)

t.test('the moving average is the mean of the last values, or NaN if there are too few', async (t) => {
  t.strictSame(rounded(simpleMovingAverage(series(1, 2, 6, 3, 0), 3)), [NaN, NaN, 3, 3.6667, 3])
})

t.test('a moving average of one value is the value', async (t) => {
  t.strictSame(rounded(simpleMovingAverage(series(4, 2), 1)), [4, 2])
})

t.test('the channel uses the previous values, without that of the day', async (t) => {
  t.strictSame(rounded(highestBefore(series(3, 1, 2, 9, 1, 1, 1), 2)), [NaN, NaN, 3, 2, 9, 9, 1])
  t.strictSame(rounded(lowestBefore(series(3, 1, 2, 0, 5, 5, 5), 2)), [NaN, NaN, 1, 1, 0, 0, 5])
})

t.test('the channel equals the extremes of every window', async () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 9 })), fc.integer({ min: 1, max: 6 }), (values, period) => {
      const windows = values.map((_, index) => values.slice(Math.max(0, index - period), index))
      const full = (window: number[], extreme: number) => (window.length < period ? NaN : extreme)
      assert.deepEqual(
        Array.from(highestBefore(series(...values), period)),
        windows.map((window) => full(window, Math.max(...window))),
      )
      assert.deepEqual(
        Array.from(lowestBefore(series(...values), period)),
        windows.map((window) => full(window, Math.min(...window))),
      )
    }),
  )
})

t.test('the relative strength index starts with arithmetic means, which are then smoothed', async (t) => {
  // Changes +2, -1, +1, -3. Day 2: gains 2 / 2 = 1, losses 1 / 2 = 0.5: 100 - 100 / (1 + 2) = 66.67.
  // Day 3: gains (1 + 1) / 2 = 1, losses 0.5 / 2 = 0.25: 80. Day 4: gains 0.5, losses (0.25 + 3) / 2 = 1.625: 23.53.
  t.strictSame(rounded(relativeStrengthIndex(series(10, 12, 11, 12, 9), 2)), [NaN, NaN, 66.6667, 80, 23.5294])
})

t.test('the relative strength index is 100 without a loss, 0 without a gain, 50 without a change', async (t) => {
  t.strictSame(rounded(relativeStrengthIndex(series(1, 2, 3), 2)), [NaN, NaN, 100])
  t.strictSame(rounded(relativeStrengthIndex(series(3, 2, 1), 2)), [NaN, NaN, 0])
  t.strictSame(rounded(relativeStrengthIndex(series(2, 2, 2), 2)), [NaN, NaN, 50])
})

t.test('all values are NaN if the series is too short', async (t) => {
  for (const indicator of [simpleMovingAverage, highestBefore, lowestBefore, relativeStrengthIndex]) {
    t.strictSame(Array.from(indicator(series(1, 2, 3), 9)), [NaN, NaN, NaN])
    t.strictSame(Array.from(indicator(series(), 9)), [])
  }
})
