import vm from 'node:vm'
import fc from 'fast-check'
import t from 'tap'
import { isRecord, resolveFieldNames, type FieldNames } from '../../../lib/core/record.ts'

class Trade {
  readonly price = 1
}

t.test('plain objects and instances of classes are records, whatever is in them', async (t) => {
  const record = fc.dictionary(fc.string(), fc.anything())
  t.doesNotThrow(() => fc.assert(fc.property(record, isRecord)))
  for (const [name, value] of Object.entries({
    empty: {},
    'an instance': new Trade(),
    'without a prototype': Object.create(null),
    'on another object': Object.create({ price: 1 }),
    'with a field named constructor': { constructor: 5 },
    'with a prototype of its own name': { __proto__: { constructor: Array } },
    'of another realm': vm.runInNewContext('({ price: 1 })'),
  })) {
    t.ok(isRecord(value), name)
  }
})

t.test('a getter named constructor that throws does not keep an object from being a record', async (t) => {
  const record = {
    get constructor(): never {
      throw new Error('of the getter')
    },
  }
  t.ok(isRecord(record))
})

t.test('no built-in container or primitive value is a record', async (t) => {
  const values = [
    ...[null, undefined, 5, 'text', true, 5n, Symbol('s'), () => {}],
    ...[[], [{}], new Date(), new Map(), new Set(), new Uint8Array(2), Buffer.alloc(2), new ArrayBuffer(2)],
    ...[/x/, Promise.resolve(), new Error('x'), vm.runInNewContext('[]'), vm.runInNewContext('new Date()')],
  ]
  for (const value of values) t.notOk(isRecord(value), Object.prototype.toString.call(value))
})

t.test('names of fields that are given replace the default ones', async (t) => {
  const names = { phase: 'phase', container: 'container', timestamp: 'timestamp', metrics: 'result.metrics' }
  t.strictSame(resolveFieldNames(), names)
  t.strictSame(resolveFieldNames({ metrics: 'm', phase: 'stage' }), { ...names, metrics: 'm', phase: 'stage' })
  const refused = { code: 'ERR_SPILLWAY_OPTION', message: /phase/ }
  t.throws(() => resolveFieldNames({ phase: 5 } as unknown as FieldNames), refused)
  t.throws(() => resolveFieldNames({ phaze: 'x' } as FieldNames), refused)
})
