/**
 * Quantiles keep their error bound, in bounded memory, for any order.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { QuantileSketch } from '../../../transforms/aggregate/quantile-sketch.ts'

const FRACTIONS = [0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1]

function sketchOf(values: readonly number[]): QuantileSketch {
  const sketch = new QuantileSketch()
  for (const value of values) sketch.add(value)
  return sketch
}

function exactly(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b)
  return FRACTIONS.map((fraction) => sorted[Math.floor(fraction * (sorted.length - 1))]!)
}

/** Magnitudes that span 18 orders, of either sign, and zero. */
const value = fc.oneof(
  fc
    .tuple(fc.double({ min: -9, max: 9, noNaN: true }), fc.boolean())
    .map(([power, sign]) => (sign ? 1 : -1) * 10 ** power),
  fc.constantFrom(0, -0, 1, -1),
)
const anyFinite = fc.double({ noNaN: true, noDefaultInfinity: true })

t.test('is within 1 % of the exact quantiles', async () => {
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 300 }), (values) => {
      const exact = exactly(values)
      sketchOf(values)
        .quantiles(FRACTIONS)
        .forEach((estimate, place) => {
          assert.ok(
            Math.abs(estimate - exact[place]!) <= 0.01 * Math.abs(exact[place]!),
            `${estimate} for ${exact[place]!}`,
          )
        })
    }),
  )
})

t.test('is the same for any order and any merging, for all magnitudes', async () => {
  const shuffled = fc
    .array(fc.oneof(anyFinite, value), { minLength: 1, maxLength: 100 })
    .chain((values) =>
      fc.tuple(fc.constant(values), fc.shuffledSubarray(values, { minLength: values.length }), fc.nat(values.length)),
    )
  fc.assert(
    fc.property(shuffled, ([values, order, cut]) => {
      const parts = sketchOf(order.slice(cut))
      parts.merge(sketchOf(order.slice(0, cut)))
      assert.deepEqual(parts.toJSON(), sketchOf(values).toJSON())
      assert.deepEqual(sketchOf(order).toJSON(), sketchOf(values).toJSON())
    }),
  )
})

t.test('keeps a bounded number of buckets by collapsing the smallest magnitudes', async (t) => {
  const powers = Array.from({ length: 2000 }, (_, place) => 2 ** (place - 1000))
  for (const values of [powers, [...powers].reverse()]) {
    const sketch = sketchOf(values)
    const { positive } = sketch.toJSON()
    t.equal(positive.length, 65, 'one power in each of 64 octaves, and the collapsed values')
    t.equal(
      positive.reduce((sum, [, count]) => sum + count, 0),
      2000,
    )
    const [largest] = sketch.quantiles([1])
    t.ok(Math.abs(largest! - 2 ** 999) <= 0.01 * 2 ** 999)
  }
})

t.test('has no quantiles without values', async (t) => t.same(sketchOf([]).quantiles([0.5]), []))

t.test('is restored from JSON', async () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(anyFinite, value), { maxLength: 50 }), (values) => {
      const saved = sketchOf(values).toJSON()
      assert.deepEqual(QuantileSketch.fromJSON(JSON.parse(JSON.stringify(saved))).toJSON(), saved)
    }),
  )
})

t.test('refuses malformed JSON', async (t) => {
  const empty = { positive: [], negative: [], zeros: 0 }
  for (const saved of [
    null,
    { ...empty, zeros: -1 },
    { ...empty, positive: 'none' },
    { ...empty, positive: [[1.5, 1]] },
    { ...empty, negative: [[1e6, 1]] },
    { ...empty, negative: [[66_000, 0.5]] },
  ]) {
    t.throws(() => QuantileSketch.fromJSON(saved), { code: 'ERR_SPILLWAY_INPUT' })
  }
})
