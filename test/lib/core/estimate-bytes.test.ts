import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { estimateBytes } from '../../../lib/core/estimate-bytes.ts'

const value = fc.anything({ withBigInt: true, withTypedArray: true, withDate: true, withNullPrototype: true })

t.test('a value takes the same in an object, in an array and on its own', async (t) => {
  const [object, array] = [estimateBytes({}), estimateBytes([])]
  const property = fc.property(value, (value) => {
    const bytes = estimateBytes(value)
    assert.ok(bytes > 0)
    assert.equal(estimateBytes({ value }) - object, bytes)
    assert.equal(estimateBytes([value]) - array, bytes)
  })
  t.doesNotThrow(() => fc.assert(property))
})

t.test('grows with every character, byte, item and property', async (t) => {
  t.equal(estimateBytes('x'.repeat(1000)) - estimateBytes(''), 1000)
  t.equal(estimateBytes({ a: 'x'.repeat(1000) }) - estimateBytes({ a: '' }), 1000)
  t.equal(estimateBytes(new Uint8Array(5000)) - estimateBytes(new Uint8Array(0)), 5000)
  t.equal(estimateBytes(Buffer.alloc(5000)) - estimateBytes(Buffer.alloc(0)), 5000)
  const items = (length: number) => estimateBytes(Array.from({ length }, () => 1))
  t.equal(items(200) - items(100), items(300) - items(200))
  t.ok(items(200) > items(100))
  t.ok(estimateBytes({ a: 1, b: 2 }) > estimateBytes({ a: 1 }))
})

t.test('does not read below 32 levels, and so ends with an object that holds itself', async (t) => {
  const nested = (levels: number): unknown => (levels === 0 ? 'x'.repeat(1e6) : { next: nested(levels - 1) })
  t.ok(estimateBytes(nested(32)) > 1e6)
  t.ok(estimateBytes(nested(33)) < 1e6)
  const circular: Record<string, unknown> = {}
  circular['self'] = circular
  t.equal(estimateBytes(circular), 33 * estimateBytes({}))
})
