import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Column } from '../../../sinks/columns/column.ts'
import type { ColumnType } from '../../../sinks/columns/column-type.ts'
import { ColumnInference, widenColumns } from '../../../sinks/columns/infer-columns.ts'

function columnsOf(...records: object[]): Column[] {
  const inference = new ColumnInference()
  for (const record of records) inference.add(record)
  return inference.columns
}

function typeOf(...values: unknown[]): ColumnType | null | undefined {
  return columnsOf(...values.map((x) => ({ x })))[0]?.type
}

t.test('finds a column for each leaf, in the order first seen', async (t) => {
  t.strictSame(columnsOf({ b: 1, a: { c: true, d: {} } }, { a: { e: [] }, b: 2, f: null, g: undefined }), [
    { name: 'b', type: 'double' },
    { name: 'a.c', type: 'boolean' },
    { name: 'a.d', type: 'json' },
    { name: 'a.e', type: 'json' },
    { name: 'f', type: null },
  ])
})

t.test('finds the narrowest type that fits all values', async (t) => {
  t.equal(typeOf(null, null), null)
  t.equal(typeOf(null, 1, 2), 'double')
  t.equal(typeOf(1n, null), 'int64')
  t.equal(typeOf(1, 2n), 'int64')
  t.equal(typeOf(1.5, 2n), 'double')
  t.equal(typeOf(1.5, 2n ** 53n + 1n), 'utf8')
  t.equal(typeOf(NaN, 2n), 'double')
  t.equal(typeOf(true, 1), 'utf8')
  t.equal(typeOf(new Date(0), new Date(1)), 'timestamp')
  t.equal(typeOf(new Date(0), '1970-01-01'), 'utf8')
  t.equal(typeOf(Uint8Array.of(1), null), 'bytes')
  t.equal(typeOf([1], {}), 'json')
  t.equal(typeOf({ toJSON: () => 5 }), 'double')
})

t.test('finds the same types for any order of the values', async () => {
  const value = fc.constantFrom(null, 1, 1.5, NaN, 2n, 2n ** 60n + 1n, true, 'x', new Date(0), Uint8Array.of(1), [])
  const property = fc.property(fc.array(value, { minLength: 1 }), fc.infiniteStream(fc.nat()), (values, order) => {
    const shuffled = values.map((value) => ({ value, at: order.next().value })).sort((a, b) => a.at - b.at)
    assert.equal(typeOf(...shuffled.map(({ value }) => value)), typeOf(...values))
  })
  fc.assert(property)
})

t.test('widens columns only as far as a record requires', async (t) => {
  const columns: Column[] = [
    { name: 'i', type: 'int64' },
    { name: 'd', type: 'double' },
    { name: 't', type: 'timestamp' },
    { name: 'whole', type: 'json' },
    { name: 'open', type: null },
  ]
  t.strictSame(widenColumns(columns, { i: 1, d: 2n, t: '2020-01-01', whole: { a: { b: 1 } } }), columns)
  t.strictSame(widenColumns(columns, { i: 1.5, d: 2n ** 53n + 1n, t: 'soon', open: true, more: 1 }), [
    { name: 'i', type: 'double' },
    { name: 'd', type: 'utf8' },
    { name: 't', type: 'utf8' },
    { name: 'whole', type: 'json' },
    { name: 'open', type: 'boolean' },
    { name: 'more', type: 'double' },
  ])
  t.equal(columns[0]?.type, 'int64', 'the given columns are not changed')
})
