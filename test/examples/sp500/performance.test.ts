import fc from 'fast-check'
import t from 'tap'
import { maxDrawdown, sharpeRatio, strategyReturns, totalReturn } from '../../../examples/sp500/performance.ts'

const series = (...values: number[]) => Float64Array.from(values)
const rounded = (values: Float64Array) => Array.from(values, (value) => Math.round(value * 1e6) / 1e6)

t.test('a position earns the return of the day after its close', async (t) => {
  const returns = strategyReturns(series(100, 110, 99, 198), Uint8Array.of(0, 1, 1, 0), 0)
  t.strictSame(rounded(returns), [0, 0, -0.1, 1])
})

t.test('opening and closing a position cost, each on its day', async (t) => {
  const returns = strategyReturns(series(100, 110, 99, 198, 198), Uint8Array.of(0, 1, 1, 0, 0), 0.01)
  t.strictSame(rounded(returns), [0, -0.01, -0.1, 0.99, 0])
})

t.test('costs are proportional to the turnover, and nothing else changes', async () => {
  const positions = fc.uint8Array({ minLength: 2, maxLength: 40, max: 1 })
  fc.assert(
    fc.property(positions, fc.double({ min: 0, max: 0.1, noNaN: true }), (given, cost) => {
      const closes = Float64Array.from(given, (_, index) => 100 + 10 * Math.sin(index))
      const positions = Uint8Array.from(given)
      const free = strategyReturns(closes, positions, 0)
      const charged = strategyReturns(closes, positions, cost)
      const turnover = Array.from(positions, (position, index) => Math.abs(position - (positions[index - 1] ?? 0)))
      return free.every((value, index) => Math.abs(value - cost * turnover[index]! - charged[index]!) < 1e-12)
    }),
  )
})

t.test('a permanent position compounds to the change of the price', async (t) => {
  const returns = strategyReturns(series(100, 120, 90, 130), Uint8Array.of(1, 1, 1, 1), 0)
  t.ok(Math.abs(totalReturn(returns) - 0.3) < 1e-12)
})

t.test('the Sharpe ratio is mean divided by sample deviation, times the square root of 252', async (t) => {
  // Mean 0.01, squares 0.0001 + 0.0001 + 0, divided by 2: deviation 0.01.
  t.ok(Math.abs(sharpeRatio(series(0.02, 0, 0.01)) - Math.sqrt(252)) < 1e-9)
  t.ok(Math.abs(sharpeRatio(series(-0.02, 0, -0.01)) + Math.sqrt(252)) < 1e-9)
})

t.test('the Sharpe ratio of returns that do not vary is 0', async (t) => {
  t.equal(sharpeRatio(series(0, 0, 0)), 0)
  t.equal(sharpeRatio(new Float64Array(250).fill(0.001)), 0)
  t.equal(sharpeRatio(series(0.5)), 0)
  t.equal(sharpeRatio(series()), 0)
})

t.test('the total return compounds', async (t) => {
  t.ok(Math.abs(totalReturn(series(0.1, -0.5, 0.2)) - -0.34) < 1e-12)
  t.equal(totalReturn(series()), 0)
})

t.test('the drawdown is the largest fall from the highest value so far', async (t) => {
  // Equity 1, 1.2, 0.9, 1.35, 1.08: falls of 25 % and of 20 %.
  t.ok(Math.abs(maxDrawdown(series(0.2, -0.25, 0.5, -0.2)) - 0.25) < 1e-12)
})

t.test('a fall from the start is a drawdown, a rise is not', async (t) => {
  t.ok(Math.abs(maxDrawdown(series(-0.1, 0.05)) - 0.1) < 1e-12)
  t.equal(maxDrawdown(series(0.1, 0.1)), 0)
  t.equal(maxDrawdown(series()), 0)
})
