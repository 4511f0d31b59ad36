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

t.test('rows are a table, and nothing else', (t) => {
  const rows = [{ a: 1 }, { b: 2 }]
  t.strictSame(partsOf(rows), [[null], null])
  t.strictSame(splitOutput(rows).tables[0]?.source, [rows])
  t.strictSame(partsOf([]), [[null], null], 'also none')
  t.end()
})

t.test('row arrays in the fields of an object are tables beside the rest', (t) => {
  const output = { a: [{ n: 1 }], meta: { rows: [{ n: 1 }] }, list: [1, 2], empty: [], b: [{}] }
  t.strictSame(partsOf(output), [
    ['a', 'empty', 'b'],
    { a: null, meta: { rows: [{ n: 1 }] }, list: [1, 2], empty: null, b: null },
  ])
  t.strictSame(output.a, [{ n: 1 }], 'the output itself stays as it is')
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

t.test('all else is one value', (t) => {
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

t.test('rows that refer to one another, or to the whole, stay together', (t) => {
  const parent: Record<string, unknown> = { name: 'parent' }
  const child = { parent }
  const circle: Record<string, unknown> = { rows: [{ a: 1 }] }
  circle['self'] = circle
  for (const value of [[parent, child], { rows: [parent, child] }, circle]) t.strictSame(partsOf(value), [[], value])
  t.end()
})

t.test('streams are tables; iterables that hold values are not', (t) => {
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

t.test('what throws when it is read is left to be told later', (t) => {
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
