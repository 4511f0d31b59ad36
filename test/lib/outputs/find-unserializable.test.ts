import { Readable } from 'node:stream'
import t from 'tap'
import { findUnserializable } from '../../../lib/outputs/find-unserializable.ts'

function told(value: unknown): string | undefined {
  const culprit = findUnserializable(value, 'output')
  return culprit && `${culprit.path} ${culprit.problem}`
}

t.test('finds nothing in what can be serialized', (t) => {
  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  const values: unknown[] = [
    1,
    'x',
    null,
    undefined,
    1n,
    new Date(),
    /x/,
    new Error('x'),
    Object('x'),
    new ArrayBuffer(1),
  ]
  values.push(
    new Map([[{ a: 1 }, new Set([1])]]),
    new Float64Array(3),
    Buffer.from('x'),
    circle,
    [[]],
    {},
    new URL('http://a'),
  )
  for (const value of values) t.equal(told({ value }), undefined)
  t.end()
})

t.test('tells what it is, and the way there', (t) => {
  const f = () => 1
  const detached = new ArrayBuffer(1)
  structuredClone(detached, { transfer: [detached] })
  const cases: [unknown, string][] = [
    [f, 'output is a function'],
    [{ a: { b: [1, f] } }, 'output.a.b[1] is a function'],
    [{ 'a b': Symbol('x') }, 'output["a b"] is a symbol'],
    [{ é: { _$1: f } }, 'output.é._$1 is a function'],
    [JSON.parse('{"__proto__": {"1x": 5}}'), ''],
    [Object.fromEntries([['__proto__', { '1x': f }]]), 'output.__proto__["1x"] is a function'],
    [new Map([['key', f]]), 'output.get("key") is a function'],
    [new Map([[5, f]]), 'output.values()[0] is a function'],
    [new Map([[{ f }, 5]]), 'output.keys()[0].f is a function'],
    [new Set([1, { f }]), 'output.values()[1].f is a function'],
    [Object.assign([1], { f }), 'output[f] is a function'],
    [{ later: Promise.resolve() }, 'output.later is a Promise'],
    [{ weak: new WeakMap() }, 'output.weak is a WeakMap'],
    [{ weak: new WeakRef({}) }, 'output.weak is a WeakRef'],
    [{ rows: Readable.from([]) }, 'output.rows is a stream'],
    [{ rows: (function* () {})() }, 'output.rows is a Generator'],
    [{ proxy: new Proxy({}, {}) }, 'output.proxy is a Proxy'],
    [{ memory: new SharedArrayBuffer(1) }, 'output.memory is a SharedArrayBuffer'],
    [{ list: [detached] }, 'output.list[0] is a ArrayBuffer'],
  ]
  for (const [value, expected] of cases) t.equal(told(value) ?? '', expected)
  t.end()
})

t.test('tells a getter that throws, whatever it throws', (t) => {
  const thrower = (thrown: unknown) => ({
    get x(): never {
      throw thrown
    },
  })
  t.equal(told({ m: thrower(new Error('boo')) }), 'output.m.x cannot be read (boo)')
  t.equal(told({ m: [thrower('text')] }), 'output.m[0].x cannot be read (text)')
  t.end()
})

t.test('tells what is nested too deeply, in a few words', (t) => {
  let deep: unknown = 1
  for (let i = 0; i < 100_000; i++) deep = { deep }
  t.match(told({ deep }), /^output\.deep\.deep[.a-z]{1,60}\.\.\. is nested deeper than 1000 levels$/)
  t.end()
})

t.test('visits what is shared once', (t) => {
  let shared: unknown = { end: 1 }
  for (let i = 0; i < 60; i++) shared = [shared, shared]
  t.equal(told(shared), undefined)
  t.equal(told([shared, () => 1]), 'output[1] is a function')
  t.end()
})
