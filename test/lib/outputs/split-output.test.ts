import { Readable } from 'node:stream'
import t from 'tap'
import { isRowStream, splitOutput } from '../../../lib/outputs/split-output.ts'

/** The fields of the tables, and the rest. */
function partsOf(output: unknown): [fields: (string | null)[], rest: unknown] {
  const { rest, tables } = splitOutput(output)
  return [tables.map(({ field }) => field), rest && rest.value]
}

function* generator() {
  yield {}
}

t.test('an array of rows is one table without a rest', (t) => {
  const rows = [{ a: 1 }, { b: 2 }]
  t.strictSame(partsOf(rows), [[null], null])
  t.strictSame(splitOutput(rows).tables[0]?.source, [rows])
  t.strictSame(partsOf([]), [[null], null], 'also an empty array')
  t.end()
})

t.test('arrays of rows in the fields of an object are tables, and the rest is kept', (t) => {
  const output = { a: [{ n: 1 }], meta: { rows: [{ n: 1 }] }, list: [1, 2], empty: [], b: [{}] }
  t.strictSame(partsOf(output), [
    ['a', 'empty', 'b'],
    { a: null, meta: { rows: [{ n: 1 }] }, list: [1, 2], empty: null, b: null },
  ])
  t.strictSame(output.a, [{ n: 1 }], 'the output itself is not changed')
  t.end()
})

t.test('a field may have any name', (t) => {
  const output = JSON.parse('{"__proto__": [{"a": 1}], "": [{"a": 2}]}') as object
  const { rest, tables } = splitOutput(output)
  t.strictSame(
    tables.map(({ field }) => field),
    ['__proto__', ''],
  )
  t.strictSame(JSON.stringify(rest), '{"value":{"__proto__":null,"":null}}')
  t.equal(Object.getPrototypeOf(rest?.value), Object.prototype)
  t.end()
})

t.test('any other output is one value', (t) => {
  const named = Object.assign([{ a: 1 }], { name: 'rows' })
  const holes: object[] = [{ a: 1 }]
  holes[2] = { a: 3 }
  class Model {
    readonly rows = [{ a: 1 }]
  }
  const values: unknown[] = [null, undefined, 1, 'text', new Map(), new Set([{}]), new Uint8Array(2), new Date(0)]
  values.push([1], [{ a: 1 }, null], [[{}]], named, holes, new Model(), { a: 1 }, [new Model()], { rows: named })
  for (const value of values) t.strictSame(partsOf(value), [[], value])
  t.end()
})

t.test('an output with cross-references is not split', (t) => {
  const parent: Record<string, unknown> = { name: 'parent' }
  const child = { parent }
  const circle: Record<string, unknown> = { rows: [{ a: 1 }] }
  circle['self'] = circle
  for (const value of [[parent, child], { rows: [parent, child] }, circle]) t.strictSame(partsOf(value), [[], value])
  t.end()
})

t.test('streams are tables; iterable values such as arrays and Maps are not streams', (t) => {
  const streams = [
    Readable.from([]),
    generator(),
    [{}].values(),
    new ReadableStream(),
    { [Symbol.asyncIterator]: generator },
  ]
  for (const stream of streams) {
    t.ok(isRowStream(stream))
    t.equal(splitOutput(stream).tables[0]?.source, stream)
  }
  for (const value of [[], 'text', new Map(), new Set(), new Uint8Array(), { next: generator }, null, generator]) {
    t.notOk(isRowStream(value))
  }
  t.end()
})

t.test('an output with a getter that throws is not split', (t) => {
  const output = {
    get broken(): never {
      throw new Error('broken')
    },
  }
  const split = splitOutput(output)
  t.equal(split.rest?.value, output)
  t.strictSame(split.tables, [])
  t.end()
})
