import { runInNewContext } from 'node:vm'
import t from 'tap'
import type { ResultRecord } from '../../../lib/core/record.ts'
import { FlatColumns, isPlainObject } from '../../../lib/outputs/flat-columns.ts'

/** The number of rows that are accepted. */
function fitting(...rows: object[]): number {
  return new FlatColumns().take(rows as ResultRecord[])
}

t.test('the schema has the columns of all rows', (t) => {
  const columns = new FlatColumns()
  t.equal(columns.schema, null, 'none before the first row')
  t.equal(columns.take([{ n: 1, text: null, 'a.b': true, none: null }]), 1)
  t.equal(columns.take([{ n: null, text: 'x', 'a.b': null, none: null }]), 1)
  t.strictSame(columns.schema, { n: 'double', text: 'utf8', 'a\\.b': 'boolean', none: 'utf8' })
  t.end()
})

t.test('no row is accepted after the first that does not fit, and the schema is null', (t) => {
  const columns = new FlatColumns()
  t.equal(columns.take([{ n: 1 }, { n: 2 }, { n: 'x' }, { n: 3 }]), 2)
  t.equal(columns.take([{ n: 4 }]), 0)
  t.equal(columns.schema, null)
  t.end()
})

t.test('accepts numbers, text, booleans, dates and bigints of 64 bits, one type per column', (t) => {
  const values = [
    [1, -0, NaN, Infinity, 2 ** 60],
    ['', 'x', '😀', '\0', '\ufeffx'],
    [true, false],
    [new Date(0), new Date(8.64e15)],
    [0n, 2n ** 63n - 1n, -(2n ** 63n)],
  ]
  for (const [i, kind] of values.entries()) {
    t.equal(fitting({ a: null }, ...kind.map((a) => ({ a })), { a: null }), kind.length + 2)
    for (const [other] of values.toSpliced(i, 1)) t.equal(fitting({ a: kind[0] }, { a: other }), 1)
  }
  t.end()
})

t.test('does not accept values that Parquet would not restore exactly', (t) => {
  const values: unknown[] = [
    undefined,
    2n ** 63n,
    '\ud800',
    new Date(NaN),
    runInNewContext('new Date(0)'),
    new (class extends Date {})(),
    {},
    [],
    new Uint8Array(1),
    new Map(),
    Object(1),
    () => 1,
    Symbol('x'),
  ]
  for (const a of values) t.equal(fitting({ a }), 0)
  t.end()
})

t.test('rows must have the keys of the first row, in the same order', (t) => {
  t.equal(fitting({ a: 1, b: 2 }, { b: 2, a: 1 }), 1)
  t.equal(fitting({ a: 1 }, { a: 1, b: 2 }), 1)
  t.equal(fitting({ a: 1, b: 2 }, { a: 1 }), 1)
  t.equal(fitting({ a: 1 }, { b: 1 }), 1)
  t.equal(fitting({}, { a: 1 }), 0)
  t.equal(fitting({ toJSON: () => ({}) }), 0)
  t.equal(fitting({ toJSON: 5, toString: 1 }), 1)
  t.end()
})

t.test('accepts only column names that a Parquet file keeps unchanged', (t) => {
  for (const key of ['', '\ud800', '\ufeff', '\ufeffa']) t.equal(fitting({ [key]: 1 }), 0, JSON.stringify(key))
  for (const key of ['a.b', '\\', '\n', '\0', 'a\ufeff', '__proto__', 'constructor', '0']) {
    const row = Object.fromEntries([[key, 1]])
    t.equal(fitting(row, row), 2, JSON.stringify(key))
  }
  const wide = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`c${i}`, i]))
  t.equal(fitting(wide(200)), 1)
  t.equal(fitting(wide(201)), 0)
  t.end()
})

t.test('a plain object has the prototype of an object literal, or none', (t) => {
  t.ok(isPlainObject({}))
  t.ok(isPlainObject(Object.create(null)))
  class Row {
    readonly a = 1
  }
  for (const value of [
    null,
    undefined,
    1,
    'x',
    [],
    new Row(),
    new Date(),
    () => 1,
    Object.create({}),
    new Proxy({}, {}),
  ]) {
    t.notOk(isPlainObject(value))
  }
  t.end()
})
