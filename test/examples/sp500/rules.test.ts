import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { barsFrom, type Bar } from '../../../examples/sp500/bars.ts'
import { IndicatorCache } from '../../../examples/sp500/indicator-cache.ts'
import { containerId, positionsOf, type RuleSpec } from '../../../examples/sp500/rules.ts'
import { randomBars } from './random-bars.ts'

/** Positions for closes whose highs are one above and whose lows are one below. */
function positionsOn(closes: number[], spec: RuleSpec): number[] {
  const bars = closes.map((close, index) => ({ date: `2001-01-${10 + index}`, close, high: close + 1, low: close - 1 }))
  return positions(bars, spec)
}

function positions(bars: readonly Bar[], spec: RuleSpec): number[] {
  return Array.from(positionsOf(spec, new IndicatorCache(barsFrom(bars))))
}

const days = fc.integer({ min: 1, max: 8 })
const anySpec: fc.Arbitrary<RuleSpec> = fc.oneof(
  fc.record({ fast: days, slow: days }).map((params) => ({ family: 'ma_crossover' as const, params })),
  fc.record({ entry: days, exit: days }).map((params) => ({ family: 'channel_breakout' as const, params })),
  fc
    .record({ period: days, oversold: fc.integer({ min: 20, max: 50 }), overbought: fc.integer({ min: 50, max: 80 }) })
    .map((params) => ({ family: 'rsi' as const, params })),
)

t.test('the id of a parameter set is readable', async (t) => {
  t.equal(containerId({ family: 'ma_crossover', params: { fast: 5, slow: 20 } }), 'ma-crossover/fast=5,slow=20')
})

t.test('the crossover is long while the fast average is above the slow one', async (t) => {
  // Averages of three: 10, 11, 12.33, 11.33, 9.67.
  const spec: RuleSpec = { family: 'ma_crossover', params: { fast: 1, slow: 3 } }
  t.strictSame(positionsOn([10, 10, 10, 13, 14, 7, 8], spec), [0, 0, 0, 1, 1, 0, 0])
})

t.test('the breakout buys above the previous highest high and sells below the previous lowest low', async (t) => {
  const spec: RuleSpec = { family: 'channel_breakout', params: { entry: 3, exit: 2 } }
  // Day 4 is the first above the highs of the previous three days (12, 13, 14), day 7 below the lows of two (12.5,
  // 11.5).
  t.strictSame(positionsOn([10, 11, 12, 13, 14.2, 13.5, 12.5, 11.4, 11.4], spec), [0, 0, 0, 0, 1, 1, 1, 0, 0])
})

t.test('the reversal buys when oversold, and sells when overbought', async (t) => {
  // Strength over two days: 66.67, 80, 23.53, 78.95.
  const spec: RuleSpec = { family: 'rsi', params: { period: 2, oversold: 30, overbought: 70 } }
  t.strictSame(positionsOn([10, 12, 11, 12, 9, 9, 13], spec), [0, 0, 0, 0, 1, 1, 0])
})

t.test('every rule is out of the market until its indicators have values', async (t) => {
  const closes = [10, 20, 5, 40, 1, 80]
  for (const spec of [
    { family: 'ma_crossover', params: { fast: 1, slow: 9 } },
    { family: 'channel_breakout', params: { entry: 9, exit: 9 } },
    { family: 'rsi', params: { period: 9, oversold: 50, overbought: 50 } },
  ] as const) {
    t.strictSame(
      positionsOn(
        closes.map((close) => close + 2),
        spec,
      ),
      [0, 0, 0, 0, 0, 0],
    )
  }
})

t.test('later bars never change the position of a day', async (t) => {
  let held = 0
  fc.assert(
    fc.property(randomBars(20, 60), randomBars(60, 60), fc.nat(59), anySpec, (bars, others, cut, spec) => {
      const day = cut % bars.length
      const changed = bars.map((bar, index) => (index > day ? others[index]! : bar))
      const known = positions(bars, spec).slice(0, day + 1)
      held += known.filter((position) => position === 1).length
      assert.deepEqual(positions(changed, spec).slice(0, day + 1), known)
      assert.deepEqual(positions(bars.slice(0, day + 1), spec), known)
    }),
    { numRuns: 200 },
  )
  t.ok(held > 100, 'the rules have held positions')
})
