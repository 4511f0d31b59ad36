import { runInNewContext } from 'node:vm'
import t from 'tap'
import { customValue, describeRefused, findNonFinite, findRefused, kindOf } from '../../../sinks/values/values.ts'

class Point {
  readonly x = 0
}

const kinds: readonly [unknown, string][] = [
  [undefined, 'nothing'],
  [null, 'nothing'],
  [true, 'boolean'],
  [NaN, 'number'],
  [1n, 'bigint'],
  ['', 'string'],
  [new Date(0), 'date'],
  [new Date(NaN), 'refused'],
  [Buffer.alloc(1), 'bytes'],
  [new Uint8Array(1), 'bytes'],
  [new Uint16Array(1), 'refused'],
  [[], 'array'],
  [runInNewContext('[]'), 'array'],
  [{}, 'object'],
  [Object.create(null), 'object'],
  [new Point(), 'object'],
  [runInNewContext('({})'), 'object'],
  [{ toJSON: () => 1 }, 'custom'],
  [{ toJSON: 'text' }, 'object'],
  [new URL('http://localhost'), 'custom'],
  [new Map(), 'refused'],
  [new WeakSet(), 'refused'],
  [() => 0, 'refused'],
  [Symbol('s'), 'refused'],
  [Object(1), 'refused'],
]

t.test('classifies every value', async (t) => {
  for (const [value, kind] of kinds) t.equal(kindOf(value), kind, `${describeRefused(value)} is ${kind}`)
})

t.test('calls toJSON until there is a plain value', async (t) => {
  t.equal(customValue({ toJSON: () => ({ toJSON: () => 5 }) }), 5)
  const endless = { toJSON: () => endless }
  t.throws(() => customValue(endless), /endlessly/)
})

t.test('finds the first value that cannot be written, depth-first', async (t) => {
  t.equal(findRefused({ a: 1, b: [new Date(0), { c: null }] }), undefined)
  t.match(findRefused({ a: { x: [0, Symbol('s')] }, b: () => 0 }), { field: 'a.x.1', reason: /a symbol/ })
  t.match(findRefused({ 'a.b': new Map() }), { field: 'a\\.b' })
  t.match(findRefused('text'), { reason: 'a record must be an object, got string' })
})

t.test('does not treat an object that occurs twice as a cycle', async (t) => {
  const shared = { n: 1 }
  t.equal(findRefused({ a: shared, b: [shared, shared] }), undefined)
})

t.test('finds the first number that is not finite', async (t) => {
  t.equal(findNonFinite({ a: 1 }), undefined)
  t.match(findNonFinite({ a: 1, b: { c: [-Infinity] } }), { kind: 'error', field: 'b.c.0' })
})
