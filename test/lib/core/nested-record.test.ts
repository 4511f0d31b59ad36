import { deepEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { NestConflict, Nester } from '../../../lib/core/nested-record.ts'
import { joinPath } from '../../../lib/core/field-path.ts'
import type { ResultRecord } from '../../../lib/core/record.ts'

const nest = (record: ResultRecord) => new Nester().nest(record)

t.test('turns dotted columns into objects', async (t) => {
  t.strictSame(nest({ id: 1, 'a.b.c': 2, 'a.d': 3, e: [4] }), { id: 1, a: { b: { c: 2 }, d: 3 }, e: [4] })
})

t.test('returns a record without dotted columns as is', async (t) => {
  const record = { id: 1, nested: { 'a.b': 2 } }
  t.equal(nest(record), record)
})

t.test('treats a dot after a backslash as part of the key', async (t) => {
  t.strictSame(nest({ 'a\\.b.c': 1, 'd\\\\.e': 2 }), { 'a.b': { c: 1 }, 'd\\': { e: 2 } })
})

t.test('keys such as __proto__ do not change a prototype', async (t) => {
  const nested = nest(
    JSON.parse('{"__proto__.polluted":1,"a.__proto__":2,"constructor.prototype.x":3}') as ResultRecord,
  )
  t.equal(Object.getPrototypeOf(nested), Object.prototype)
  t.equal(({} as { polluted?: unknown }).polluted, undefined)
  t.equal(({} as { x?: unknown }).x, undefined)
  t.equal(
    JSON.stringify(nested),
    '{"__proto__":{"polluted":1},"a":{"__proto__":2},"constructor":{"prototype":{"x":3}}}',
  )
})

t.test('rejects a value both in a column and below it, in either order', async (t) => {
  t.throws(() => nest({ a: 1, 'a.b': 2 }), { name: 'NestConflict', field: 'a' })
  t.throws(() => nest({ 'a.b': 2, a: 1 }), { name: 'NestConflict', field: 'a' })
  t.throws(() => nest({ 'a.b.c': 1, 'a.b': 2 }), { name: 'NestConflict', field: 'a.b' })
  t.throws(() => nest({ a: { x: 1 }, 'a.b': 2 }), NestConflict)
  t.throws(() => nest({ 'a\\b.c': 1, 'ab.c': 2 }), NestConflict)
})

t.test('drops a null if another value is at the same path or below it', async (t) => {
  t.strictSame(nest({ a: null, 'a.b': 2 }), { a: { b: 2 } })
  t.strictSame(nest({ a: 1, 'a.b': null, 'a.c.d': null }), { a: 1 })
  t.strictSame(nest({ 'a.b': null, 'a.c.d': null, a: 1 }), { a: 1 })
  t.strictSame(nest({ 'a.b': 2, a: null }), { a: { b: 2 } })
})

t.test('a column of more levels than the call stack can hold drops its null', async (t) => {
  const deep = `${'a.'.repeat(50_000)}b`
  t.strictSame(nest({ [deep]: null, a: 2 }), { a: 2 })
  t.throws(() => nest({ [deep]: 1, a: 2 }), { name: 'NestConflict', field: 'a' })
})

t.test('nesting restores a flattened record', async () => {
  const tree = fc.letrec((tie) => ({
    tree: fc.dictionary(fc.string({ maxLength: 4 }), fc.oneof({ maxDepth: 3 }, fc.integer(), tie('tree')), {
      minKeys: 1,
      maxKeys: 3,
    }),
  })).tree
  fc.assert(
    fc.property(tree, (record) => {
      deepEqual(sortKeys(nest(flatten(record))), sortKeys(record))
    }),
  )
})

t.test('takes the paths of columns whose names are not their paths', async (t) => {
  const nester = new Nester([
    ['m.x', ['m.x']],
    ['C:\\dir', ['C:', 'dir']],
  ])
  t.strictSame(nester.nest({ 'm.x': 1, 'C:\\dir': 2, 'b.c': 3 }), { 'm.x': 1, 'C:': { dir: 2 }, b: { c: 3 } })
})

function flatten(record: Record<string, unknown>, path?: string): ResultRecord {
  const entries = Object.entries(record).flatMap(([key, value]): [string, unknown][] => {
    const name = joinPath(path, key)
    return typeof value === 'object' ? Object.entries(flatten(value as Record<string, unknown>, name)) : [[name, value]]
  })
  return Object.fromEntries(entries)
}

/** Sorted, because JavaScript orders numeric keys itself. */
function sortKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const sorted = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return sorted.map(([key, item]) => [key, sortKeys(item)])
}
