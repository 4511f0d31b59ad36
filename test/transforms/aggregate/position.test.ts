/**
 * The order of containers and records is total, and the same in all parts of the code.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import {
  comparePositions,
  orderKeyOf,
  takesFirst,
  takesLast,
  type OrderKey,
  type Position,
} from '../../../transforms/aggregate/position.ts'

const key: fc.Arbitrary<OrderKey> = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom('a', 'b', ''),
  fc.constant(NaN),
)
const position: fc.Arbitrary<Position> = fc.oneof(
  fc.record({ index: fc.nat(2), iteration: fc.nat(1), name: fc.constantFrom('x', null), key }),
  fc.record({
    index: fc.constant(-1),
    iteration: fc.constant(0),
    name: fc.constantFrom('x', 'y', '', null),
    key,
  }),
)

t.test('orders numbers before strings, and records without a key last', async (t) => {
  const at = (key: OrderKey): Position => ({ index: 0, iteration: 0, name: null, key })
  const keys = [NaN, 'b', 2, 'a', -1]
  t.same(
    keys
      .map(at)
      .sort(comparePositions)
      .map((record) => record.key),
    [-1, 2, 'a', 'b', NaN],
  )
})

t.test('orders containers with identity first, then the one without a name, then by code units', async (t) => {
  const named = (name: string | null): Position => ({ index: -1, iteration: 0, name, key: 0 })
  const sorted = [
    { index: 0, iteration: 0, name: 'z', key: 0 },
    { index: 0, iteration: 1, name: 'y', key: 0 },
    { index: 1, iteration: 0, name: 'x', key: 0 },
    named(null),
    named(''),
    named('B'),
    named('a'),
  ]
  t.same([...sorted].reverse().sort(comparePositions), sorted)
})

t.test('is a total order', async () => {
  fc.assert(
    fc.property(position, position, position, (a, b, c) => {
      assert.equal(Math.sign(comparePositions(a, b)), 0 - Math.sign(comparePositions(b, a)))
      if (comparePositions(a, b) <= 0 && comparePositions(b, c) <= 0) assert.ok(comparePositions(a, c) <= 0)
    }),
  )
})

t.test('prefers a record with a key; on ties, arrival decides first and last', async (t) => {
  t.notOk(takesFirst(NaN, 1))
  t.notOk(takesLast(NaN, 1))
  t.ok(takesFirst('a', NaN))
  t.ok(takesLast('a', NaN))
  for (const tie of [1, 'a', NaN]) {
    t.notOk(takesFirst(tie, tie))
    t.ok(takesLast(tie, tie))
  }
})

t.test('never treats the last record as the first, too, unless earlier records have no key', async () => {
  fc.assert(
    fc.property(fc.array(key, { minLength: 1 }), key, (before, key) => {
      const first = before.reduce((held, next) => (takesFirst(next, held) ? next : held))
      const last = before.reduce((held, next) => (takesLast(next, held) ? next : held))
      if (takesLast(key, last) && !Number.isNaN(last)) assert.ok(!takesFirst(key, first))
    }),
  )
})

t.test('accepts timestamps of any kind', async (t) => {
  t.equal(orderKeyOf('2026-01-01'), '2026-01-01')
  t.equal(orderKeyOf(new Date(5)), 5)
  t.equal(orderKeyOf(7n), 7)
  for (const none of [undefined, null, NaN, Infinity, new Date(NaN), {}, true, 10n ** 400n])
    t.ok(Number.isNaN(orderKeyOf(none)))
})
