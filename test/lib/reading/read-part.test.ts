import { deepStrictEqual } from 'node:assert/strict'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import type { ResultRecord } from '../../../lib/core/record.ts'
import { typesOfRows } from '../../../lib/reading/json-values.ts'
import { readPart } from '../../../lib/reading/read-part.ts'
import type { ClosedPart } from '../../../sinks/part.ts'
import { RecordSink } from '../../../sinks/record-sink.ts'
import type { RecordSinkOptions } from '../../../sinks/options.ts'

const FORMATS = ['jsonl', 'csv', 'parquet'] as const

/** Writes records to part files and reads them back. */
async function roundTrip(
  directory: string,
  records: readonly ResultRecord[],
  options: Pick<RecordSinkOptions, 'format' | 'compression' | 'lists' | 'schema'>,
): Promise<unknown[]> {
  const parts: ClosedPart[] = []
  const sink = new RecordSink({ directory, ...options })
  sink.on('partClosed', (part: ClosedPart) => parts.push(part))
  await pipeline(Readable.from(records), sink)
  const { signal } = new AbortController()
  const read: unknown[] = []
  for (const { path, schema } of parts) for await (const batch of readPart(path, schema, signal)) read.push(...batch)
  return read
}

let runs = 0
const freshIn = (t: Test) => join(t.testdirName, String(runs++))

/** Removes nulls and empty objects, because not every format distinguishes a null from a missing field. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value) || typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).flatMap(([key, item]): [string, unknown][] => {
    const inner = withoutNulls(item)
    const isNothing = inner === null || inner === undefined || (isPlain(inner) && Object.keys(inner).length === 0)
    return isNothing ? [] : [[key, inner]]
  })
  return Object.fromEntries(kept)
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

t.test('reads the same records from every format as from JSON lines', async (t) => {
  t.testdir()
  const record = {
    phase: 'a',
    container: 'c=1,"x"',
    timestamp: new Date(86_400_000),
    'dotted.key': 1,
    note: '',
    code: '007',
    truth: 'true',
    flag: false,
    count: 5n,
    huge: 9_007_199_254_740_993n,
    bytes: new Uint8Array([1, 2, 255]),
    list: [1, { deep: null }],
    result: { metrics: { sharpe_ratio: -0.1, folds: { 'a.b': 1e-7 } } },
  }
  const expected = {
    ...record,
    timestamp: '1970-01-02T00:00:00.000Z',
    count: 5,
    bytes: 'AQL/',
  }
  for (const format of FORMATS) {
    t.strictSame(await roundTrip(freshIn(t), [record, record], { format }), [expected, expected], format)
  }
  t.strictSame(await roundTrip(freshIn(t), [record], { format: 'csv', compression: 'gzip' }), [expected], 'gzipped')
})

t.test('NaN, dotted keys and integers within JSON are the same from every format', async (t) => {
  t.testdir()
  const records = [
    { id: 1, score: NaN, list: [2n ** 64n, -Infinity, 0.5], m: { x: 1 }, 'm.x': 2, at: [new Date(0)] },
    { id: 2, score: 0.5, list: [], m: { x: 3 }, 'm.x': 4, at: [] },
  ]
  const expected = [
    { id: 1, score: null, list: [2n ** 64n, null, 0.5], m: { x: 1 }, 'm.x': 2, at: ['1970-01-01T00:00:00.000Z'] },
    { id: 2, score: 0.5, list: [], m: { x: 3 }, 'm.x': 4, at: [] },
  ]
  for (const format of FORMATS) t.strictSame(await roundTrip(freshIn(t), records, { format }), expected, format)
})

t.test('lists of Parquet, and typed columns, come back as JSON has them', async (t) => {
  t.testdir()
  const records = [
    { n: 5n, list: [1n, 2n ** 60n], points: [{ x: 1, at: new Date(0) }], raw: [Uint8Array.of(1)] },
    { n: 6n, list: [], points: [{ x: 2 }, null], raw: null },
  ]
  const expected = [
    { n: 5, list: [1, 2n ** 60n], points: [{ x: 1, at: '1970-01-01T00:00:00.000Z' }], raw: ['AQ=='] },
    { n: 6, list: [], points: [{ x: 2, at: null }, null], raw: null },
  ]
  t.strictSame(await roundTrip(freshIn(t), records, { format: 'parquet', lists: 'list' }), expected)
  const schema = {
    n: 'int32',
    list: { list: 'int64' },
    points: { list: { struct: { x: 'double', at: 'timestamp' } } },
    raw: { list: 'bytes' },
  } as const
  t.strictSame(await roundTrip(freshIn(t), records, { format: 'parquet', schema }), expected)
  const asText = [
    { ...expected[0], points: [{ x: 1, at: '1970-01-01T00:00:00.000Z' }] },
    { ...expected[1], points: [{ x: 2 }, null] },
  ]
  t.strictSame(await roundTrip(freshIn(t), records, { format: 'csv', schema }), asText)
})

t.test('the types of rows are those of their values', async (t) => {
  const schema = {
    at: 'timestamp',
    day: 'date',
    raw: 'bytes',
    n: 'int64',
    price: 'decimal(9,2)',
    open: null,
    j: 'json',
  } as const
  t.strictSame(typesOfRows(schema), {
    at: 'utf8', day: 'utf8', raw: 'utf8', n: 'int64', price: 'utf8', open: 'utf8', j: 'json',
  }) // prettier-ignore
  const nested = {
    l: { list: { type: 'date', nullable: false } },
    m: { map: { key: 'uuid', value: 'float' } },
  } as const
  t.strictSame(typesOfRows({ ...nested, s: { struct: { t: 'time_micros' } } }), {
    l: { list: { type: 'utf8', nullable: false } },
    m: { map: { key: 'utf8', value: 'float' } },
    s: { struct: { t: 'utf8' } },
  })
})

t.test('random records are the same from every format', async (t) => {
  t.testdir()
  const key = fc.oneof(
    fc.constantFrom('a', 'b', '__proto__', 'x.y', 'toString', '\\'),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 3 }),
  )
  const leaves = {
    // JSON does not distinguish a double that is an integer of 16 or more digits from a bigint, nor 0 from -0.
    double: fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => {
      return !Object.is(value, -0) && (!Number.isInteger(value) || Number.isSafeInteger(value))
    }),
    text: fc.string({ unit: 'grapheme' }),
    boolean: fc.boolean(),
    integer: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
    date: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }),
    list: fc.array(fc.oneof(fc.nat(), fc.string({ unit: 'grapheme' }))),
  }
  // All records of a file have one shape, so that its columns reject no record and change no value.
  const leaf = fc.constantFrom(...(Object.keys(leaves) as (keyof typeof leaves)[]))
  const inner = fc.dictionary(key, leaf, { minKeys: 1, maxKeys: 2 })
  const shape = fc.dictionary(key, fc.oneof(leaf, inner), { minKeys: 1, maxKeys: 4 })
  type Shape = keyof typeof leaves | { readonly [key: string]: Shape }
  const fill = (form: Shape): fc.Arbitrary<unknown> => {
    if (typeof form === 'string') return leaves[form]
    return fc.record(Object.fromEntries(Object.entries(form).map(([name, item]) => [name, fill(item)])))
  }
  const records = shape.chain((form) =>
    fc.array(fill(form) as fc.Arbitrary<ResultRecord>, { minLength: 1, maxLength: 5 }),
  )
  await fc.assert(
    fc.asyncProperty(records, async (written) => {
      const expected = (await roundTrip(freshIn(t), written, { format: 'jsonl' })).map(withoutNulls)
      for (const format of ['csv', 'parquet'] as const) {
        deepStrictEqual((await roundTrip(freshIn(t), written, { format })).map(withoutNulls), expected, format)
      }
    }),
    { numRuns: 60 },
  )
})

t.test('fails for a damaged or missing part', async (t) => {
  const dir = t.testdir({ 'part-00000.jsonl': '{"a":1}\n{"a":\n', 'part-00000.parquet': 'PAR1nothing' })
  const { signal } = new AbortController()
  const read = (name: string) => Readable.from(readPart(join(dir, name), null, signal)).toArray()
  await t.rejects(read('part-00000.jsonl'), {
    code: 'ERR_SPILLWAY_INPUT',
    message: /^Line 2 of .*jsonl cannot be read/,
    place: { line: 2 },
  })
  await t.rejects(read('part-00000.parquet'), { code: 'ERR_SPILLWAY_INPUT' })
  await t.rejects(read('part-00001.jsonl'), { code: 'ERR_SPILLWAY_IO' })
})
