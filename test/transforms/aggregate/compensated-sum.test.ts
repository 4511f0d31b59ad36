/**
 * Sums are much more precise than a double, and statistics based on them do not depend on order.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { addPair, addSquare, addTriple, addValue, meanOf } from '../../../transforms/aggregate/compensated-sum.ts'
import { varianceOf } from '../../../transforms/aggregate/exact-variance.ts'

interface Sums {
  readonly cells: Float64Array
  readonly count: number
}

function sumsOf(values: readonly number[]): Sums {
  const cells = new Float64Array(5)
  for (const value of values) {
    addValue(cells, 0, value)
    addSquare(cells, 2, value)
  }
  return { cells, count: values.length }
}

function merged(parts: readonly Sums[]): Sums {
  const cells = new Float64Array(5)
  for (const { cells: part } of parts) {
    addPair(cells, 0, part[0]!, part[1]!)
    addTriple(cells, 2, part[2]!, part[3]!, part[4]!)
  }
  return { cells, count: parts.reduce((sum, { count }) => sum + count, 0) }
}

const mean = ({ cells, count }: Sums): number => meanOf(cells[0]!, cells[1]!, count)
const variance = ({ cells, count }: Sums): number => varianceOf(cells.subarray(0, 2), cells.subarray(2), count)

/** Values on a grid, so that BigInt can compute the sums exactly. */
const GRID = 2 ** 20
const gridded = fc.integer({ min: -(2 ** 50), max: 2 ** 50 }).map((steps) => steps / GRID)

/** The quotient of two integers, to about 60 bits. */
function quotient(dividend: bigint, divisor: bigint): number {
  return Number((dividend << 64n) / divisor) / 2 ** 64
}

t.test('keeps digits that a double loses', async (t) => {
  const { cells } = sumsOf([1e16, 1, -1e16])
  t.equal(cells[0], 1)
  t.equal(sumsOf([1, 2 ** -80, -1]).cells[0], 2 ** -80)
})

t.test('computes the exact mean, to the last bit', async () => {
  fc.assert(
    fc.property(fc.array(gridded, { minLength: 1, maxLength: 200 }), (values) => {
      const sum = values.reduce((total, value) => total + BigInt(value * GRID), 0n)
      const exact = quotient(sum, BigInt(values.length)) / GRID
      assert.ok(Math.abs(mean(sumsOf(values)) - exact) <= Math.abs(exact) * 2 ** -52)
    }),
  )
})

t.test('computes the exact variance, to its last bits', async () => {
  fc.assert(
    fc.property(fc.array(gridded, { minLength: 2, maxLength: 100 }), (values) => {
      const steps = values.map((value) => BigInt(value * GRID))
      const count = BigInt(values.length)
      const sum = steps.reduce((total, step) => total + step, 0n)
      const squares = steps.reduce((total, step) => total + step * step, 0n)
      const exact = quotient(count * squares - sum * sum, count * (count - 1n)) / GRID ** 2
      const grain = 2 ** -79 * (quotient(squares, 1n) / GRID ** 2)
      assert.ok(Math.abs(variance(sumsOf(values)) - exact) <= exact * 2 ** -52 + grain)
    }),
  )
})

t.test('rounds to the same mean and variance for any order and any merging', async () => {
  const noisy = fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => (Math.abs(value) < 1e-9 ? 0 : value))
  const shuffled = fc
    .array(noisy, { minLength: 3, maxLength: 200 })
    .chain((values) =>
      fc.tuple(fc.constant(values), fc.shuffledSubarray(values, { minLength: values.length }), fc.nat(values.length)),
    )
  fc.assert(
    fc.property(shuffled, ([values, order, cut]) => {
      const whole = sumsOf(values)
      const parts = merged([sumsOf(order.slice(cut)), sumsOf(order.slice(0, cut))])
      assert.equal(mean(parts), mean(whole))
      assert.equal(variance(parts), variance(whole))
    }),
  )
})

t.test('rounds decimals consistently when their variance is almost exactly between two doubles', async () => {
  const decimals = fc.array(fc.constantFrom(0, 0.1, 0.2, 0.3, 1), { minLength: 2, maxLength: 12 })
  const cases = decimals.chain((values) =>
    fc.tuple(fc.constant(values), fc.shuffledSubarray(values, { minLength: values.length }), fc.nat(values.length)),
  )
  fc.assert(
    fc.property(cases, ([values, order, cut]) => {
      const parts = merged([sumsOf(order.slice(cut)), sumsOf(order.slice(0, cut))])
      assert.equal(variance(parts), variance(sumsOf(values)))
    }),
    { numRuns: 2000 },
  )
  const tie = [0.3, 0.1, 0, 0.1, 0, 0.1, 0.1, 0.1, 0.1, 1, 0.3]
  assert.equal(variance(merged([sumsOf(tie.slice(0, 7)), sumsOf(tie.slice(7))])), variance(sumsOf(tie.toReversed())))
})

t.test('computes a small variance around a large mean', async (t) => {
  const { count, cells } = sumsOf([1e9 + 1, 1e9 + 2, 1e9 + 3])
  t.equal(variance({ count, cells }), 1)
})

t.test('does not report noise as variance', async (t) => {
  t.equal(variance(sumsOf(Array.from({ length: 1000 }, () => 0.1))), 0)
})

t.test('is not finite after a sum overflows', async (t) => {
  t.notOk(Number.isFinite(mean(sumsOf([1.7e308, 1.7e308]))))
  t.ok(Number.isNaN(variance(sumsOf([1e200, -1e200]))))
  t.equal(mean(sumsOf([1e200, -1e200])), 0)
})
