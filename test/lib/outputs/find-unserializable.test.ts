import { Readable } from 'node:stream'
import t from 'tap'
import { findUnserializable } from '../../../lib/outputs/find-unserializable.ts'

function problemOf(value: unknown): string | undefined {
  const found = findUnserializable(value, 'output')
  return found && `${found.path} ${found.problem}`
}

t.test('finds nothing in values that can be serialized', (t) => {
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
  for (const value of values) t.equal(problemOf({ value }), undefined)
  t.end()
})

t.test('names the path and the kind of the value', (t) => {
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
  for (const [value, expected] of cases) t.equal(problemOf(value) ?? '', expected)
  t.end()
})

t.test('finds a getter that throws, with any thrown value', (t) => {
  const thrower = (thrown: unknown) => ({
    get x(): never {
      throw thrown
    },
  })
  t.equal(problemOf({ m: thrower(new Error('boo')) }), 'output.m.x cannot be read (boo)')
  t.equal(problemOf({ m: [thrower('text')] }), 'output.m[0].x cannot be read (text)')
  t.end()
})

t.test('finds a value that is nested too deeply, with a shortened path', (t) => {
  let deep: unknown = 1
  for (let i = 0; i < 100_000; i++) deep = { deep }
  t.match(problemOf({ deep }), /^output\.deep\.deep[.a-z]{1,60}\.\.\. is nested deeper than 1000 levels$/)
  t.end()
})

t.test('visits shared objects only once', (t) => {
  let shared: unknown = { end: 1 }
  for (let i = 0; i < 60; i++) shared = [shared, shared]
  t.equal(problemOf(shared), undefined)
  t.equal(problemOf([shared, () => 1]), 'output[1] is a function')
  t.end()
})
