import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import type { ColumnType } from '../../../sinks/columns/column-type.ts'
import { ColumnInference } from '../../../sinks/columns/infer-columns.ts'
import { typeOfText } from '../../../sinks/columns/inferred-types.ts'
import { CsvSink } from '../../../sinks/csv-sink.ts'
import { ParquetSink, type ParquetSinkOptions } from '../../../sinks/parquet-sink.ts'
import { parquetInfo, readParquet } from '../../../sinks/readers/read-parquet.ts'
import { RecordSink } from '../../../sinks/record-sink.ts'

function typeOf(...values: unknown[]): ColumnType | null | undefined {
  const inference = new ColumnInference([], { timestamps: 'infer', integers: 'infer' })
  for (const x of values) inference.add({ x })
  return inference.columns[0]?.type
}

/** Writes records, and returns the types of the columns, the records read back, and the rejected ones. */
async function write(t: Test, records: readonly object[], options: Partial<ParquetSinkOptions>) {
  const path = join(t.testdir(), 'x.parquet')
  const rejected: unknown[] = []
  const sink = new ParquetSink({ path, onReject: ({ record }) => void rejected.push(record), ...options })
  for (const record of records) sink.write(record)
  sink.end()
  await once(sink, 'close')
  const types = (await parquetInfo(path)).columns.map(({ name, type }) => `${name} ${type}`)
  return { types, records: await readParquet(path).toArray(), rejected }
}

t.test('a text has the type that gives back its day or its instant, with all digits', async (t) => {
  t.equal(typeOfText('2026-01-31'), 'date')
  t.equal(typeOfText('2026-01-31T12:00:00Z'), 'timestamp')
  t.equal(typeOfText('2026-01-31T12:00:00.5Z'), 'timestamp')
  t.equal(typeOfText('2026-01-31T12:00:00.123456Z'), 'timestamp_micros')
  t.equal(typeOfText('2026-01-31T12:00:00.123000000Z'), 'timestamp')
  t.equal(typeOfText('2026-01-31T12:00:00.123456789Z'), 'timestamp_nanos')
  t.equal(typeOfText('0000-01-01T00:00:00Z'), 'timestamp')
  const others = [
    '', '2026', '2026-01', '2026-02-30', '2026-13-01', '2026-01-31T12:00Z', '2026-01-31T12:00:00', '2026-01-31 12:00:00Z',
    '2026-01-31T12:00:00+00:00', '2026-01-31T12:00:00+02:00', '2026-02-30T12:00:00Z', '2026-01-31T24:00:00Z',
    '2026-01-31T12:00:60Z', '2026-01-31T12:00:00.1234567891Z', '1600-01-01T00:00:00.000000001Z', '+012026-01-31', ' 2026-01-31',
  ] // prettier-ignore
  for (const text of others) t.equal(typeOfText(text), undefined, text)
})

t.test('a column has the type that fits all its values', async (t) => {
  t.equal(typeOf('2026-01-31', null, '2026-02-01'), 'date')
  t.equal(typeOf('2026-01-31', '2026-02-01T00:00:00Z'), 'utf8')
  t.equal(typeOf('2026-01-31T00:00:00Z', '2026-01-31T00:00:00.000001Z'), 'timestamp_micros')
  t.equal(typeOf('2026-01-31T00:00:00.000001Z', '2026-01-31T00:00:00.000000001Z'), 'timestamp_nanos')
  t.equal(typeOf('9999-01-31T00:00:00Z', '2026-01-31T00:00:00.000000001Z'), 'utf8')
  t.equal(typeOf('2262-04-11T23:47:16.854Z', '2026-01-31T00:00:00.000000001Z'), 'timestamp_nanos')
  t.equal(typeOf('2262-04-11T23:47:16.855Z', '2026-01-31T00:00:00.000000001Z'), 'utf8')
  t.equal(typeOf('2026-01-31T00:00:00Z', new Date(0)), 'timestamp')
  t.equal(typeOf('2026-01-31T00:00:00Z', 'x'), 'utf8')
  t.equal(typeOf('2026-01-31T00:00:00Z', '2026-01-31T00:00:00+02:00'), 'utf8')
  t.equal(typeOf(1, null, 2 ** 53 - 1), 'int64')
  t.equal(typeOf(1, 2n), 'int64')
  t.equal(typeOf(1, 0.5), 'double')
  t.equal(typeOf(1, -0), 'double')
  t.equal(typeOf(1, NaN), 'double')
  t.equal(typeOf(1, 2 ** 53), 'double')
  t.equal(typeOf(1, '2026-01-31'), 'utf8')
})

t.test('text and numbers stay what they are without the choice', async (t) => {
  const { types } = await write(t, [{ day: '2026-01-31', n: 1 }], {})
  t.strictSame(types, ['day UTF8', 'n DOUBLE'])
})

t.test('later values that would not come back are rejected', async (t) => {
  const good = { at: '2026-01-31T12:00:00Z', day: '2026-01-31', n: 1 }
  const bad = [
    { at: '2026-01-31T12:00:00+02:00' }, { at: '2026-01-31' }, { at: '2026-01-31T12:00:00.000001Z' }, { at: '' },
    { day: '2026-01-31T00:00:00Z' }, { day: '2026-02-30' }, { n: 0.5 }, { n: -0 }, { n: NaN },
  ] // prettier-ignore
  const late = { at: new Date(5), day: new Date(0), n: 7n }
  const choice = { timestamps: 'infer', integers: 'infer', inferRows: 1 } as const
  const { types, records, rejected } = await write(t, [good, ...bad, late], choice)
  t.strictSame(types, ['at TIMESTAMP_MILLIS', 'day DATE', 'n INT64'])
  t.strictSame(rejected, bad)
  t.strictSame(records, [
    { at: new Date('2026-01-31T12:00:00Z'), day: new Date('2026-01-31'), n: 1n },
    { at: new Date(5), day: new Date(0), n: 7n },
  ])
})

t.test('a directory gets a part with wider columns for them', async (t) => {
  const directory = t.testdir()
  const sink = new ParquetSink({ directory, timestamps: 'infer', integers: 'infer', inferRows: 1 })
  for (const n of [1, 2]) sink.write({ at: `2026-01-0${n}T00:00:00Z`, n })
  for (const n of [0.5, -0]) sink.write({ at: '2026-01-31T12:00:00+02:00', n })
  sink.end()
  await once(sink, 'close')
  t.match(sink.stats, { written: 4, rejected: 0, parts: 2 })
  const second = await readParquet(join(directory, 'part-00001.parquet')).toArray()
  t.ok(second.every(({ at }) => at === '2026-01-31T12:00:00+02:00'))
  t.ok(Object.is(second[1]?.['n'], -0))
})

t.test('an integer column of a schema takes -0 as 0', async (t) => {
  const { records, rejected } = await write(t, [{ n: -0 }], { schema: { n: 'int64' } })
  t.strictSame([records, rejected], [[{ n: 0n }], []])
})

t.test('instants come back with all their digits', async () => {
  const digits = fc.string({ unit: fc.constantFrom('0', '1', '9'), minLength: 1, maxLength: 9 })
  const times = fc.array(
    fc.tuple(fc.date({ min: new Date('1700-01-01'), max: new Date('2250-01-01'), noInvalidDate: true }), digits),
    {
      minLength: 1,
      maxLength: 20,
    },
  )
  const property = fc.asyncProperty(times, async (times) => {
    const texts = times.map(([date, fraction]) => `${date.toISOString().slice(0, 19)}.${fraction}Z`)
    const chunks: Buffer[] = []
    const stream = new Writable({
      write: (chunk: Buffer, _, done) => {
        chunks.push(chunk)
        done()
      },
    })
    const sink = new ParquetSink({ stream, timestamps: 'infer' })
    for (const at of texts) sink.write({ at })
    sink.end()
    await once(sink, 'close')
    const bytes = Buffer.concat(chunks)
    const file = {
      byteLength: bytes.length,
      slice: (from: number, to?: number) => new Uint8Array(bytes.subarray(from, to)).buffer,
    }
    const read = await readParquet<{ at: Date }>({ file }).toArray()
    const wanted = texts.map((text) => text.slice(0, -1).padEnd(29, '0'))
    assert.deepEqual(
      read.map(({ at }) => at.toISOString().slice(0, -1).padEnd(29, '0')),
      wanted,
    )
  })
  await fc.assert(property, { numRuns: 50 })
})

t.test('formats without such columns ignore the choice, and say so', async (t) => {
  const path = join(t.testdir(), 'x.csv')
  const sink = new RecordSink({ format: 'csv', path, timestamps: 'infer', integers: 'infer' })
  sink.end({ at: '2026-01-31T12:00:00Z' })
  await once(sink, 'close')
  t.strictSame(sink.stats.ignored, ['timestamps', 'integers'])
  // @ts-expect-error -- not an option of CSV
  t.ok(new CsvSink({ path: `${path}2`, timestamps: 'infer' }).destroy())
})
