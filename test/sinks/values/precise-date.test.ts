import assert from 'node:assert/strict'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import fc from 'fast-check'
import t from 'tap'
import { readParquet } from '../../../sinks/readers/read-parquet.ts'
import { RecordSink } from '../../../sinks/record-sink.ts'
import { dateOfNanoseconds, PreciseDate } from '../../../sinks/values/precise-date.ts'
import { openDuckDb, rowsByDuckDb } from '../parquet/readers.ts'

const duckDb = await openDuckDb()
t.teardown(() => duckDb.closeSync())

t.test('has its digits as text, and is a Date', async (t) => {
  const at = Date.UTC(2024, 1, 29, 12, 34, 56, 789)
  t.equal(new PreciseDate(at, 0).toISOString(), '2024-02-29T12:34:56.789Z')
  t.equal(new PreciseDate(at, 12_000).toISOString(), '2024-02-29T12:34:56.789012Z')
  t.equal(new PreciseDate(at, 12_345).toISOString(), '2024-02-29T12:34:56.789012345Z')
  t.equal(JSON.stringify({ at: new PreciseDate(at, 1) }), '{"at":"2024-02-29T12:34:56.789000001Z"}')
  t.equal(new PreciseDate(at, 1).getTime(), at)
})

t.test('is made of nanoseconds since 1970, before that, too', async (t) => {
  t.strictSame(dateOfNanoseconds(1_500_000_000n), new Date(1500))
  t.equal((dateOfNanoseconds(-1n) as Date).toISOString(), '1969-12-31T23:59:59.999999999Z')
  t.equal((dateOfNanoseconds(-1_000_000n) as Date).toISOString(), '1969-12-31T23:59:59.999Z')
})

t.test('a time that no Date can hold is text', async (t) => {
  const dayNs = 86_400_000_000_000n
  // The calendar repeats after 400 years: 290000 is 700 cycles after 10000.
  const from10000 = BigInt(Date.UTC(10000, 0, 1)) * 1_000_000n
  t.equal(dateOfNanoseconds(from10000 + 700n * 146_097n * dayNs + 5n), '+290000-01-01T00:00:00.000000005Z')
  t.equal(dateOfNanoseconds(from10000 - 750n * 146_097n * dayNs), '-290000-01-01T00:00:00.000Z')
})

const NS_RANGE = 2n ** 63n - 1n

t.test('each date comes back from Parquet with its digits', async (t) => {
  const path = join(t.testdir(), 'times.parquet')
  const dates = fc.array(fc.bigInt({ min: -NS_RANGE, max: NS_RANGE }).map(dateOfNanoseconds), { minLength: 1 })
  await fc.assert(
    fc.asyncProperty(dates, async (times) => {
      const sink = new RecordSink({ format: 'parquet', path, onExisting: 'overwrite' })
      await pipeline(Readable.from(times.map((at) => ({ at }))), sink)
      const records = (await readParquet(path).toArray()) as { at: Date }[]
      assert.deepEqual(
        records.map(({ at }) => at.toISOString()),
        times.map((at) => (at as Date).toISOString()),
      )
      assert.equal(sink.stats.rejected, 0)
    }),
    { numRuns: 50 },
  )
})

t.test('DuckDB sees the digits, of nanoseconds those of microseconds', async (t) => {
  const path = join(t.testdir(), 'times.parquet')
  const times = [new PreciseDate(0, 1000), new Date(5), new PreciseDate(-1, 999_000)]
  const records = times.map((at, n) => ({ micros: at, nanos: n === 0 ? new PreciseDate(7, 2001) : at }))
  await pipeline(Readable.from(records), new RecordSink({ format: 'parquet', path }))
  t.strictSame(await rowsByDuckDb(duckDb, `SELECT epoch_us(micros), epoch_us(nanos) FROM '${path}'`), [
    ['1n', '7002n'],
    ['5000n', '5000n'],
    ['-1n', '-1n'],
  ])
})

t.test('a column of milliseconds takes no date or text with more digits', async (t) => {
  const path = join(t.testdir(), 'times.parquet')
  const rejected: unknown[] = []
  const sink = new RecordSink({
    format: 'parquet',
    path,
    schema: { at: 'timestamp', micros: 'timestamp_micros' },
    onReject: ({ field, record }) => rejected.push([field, (record as { n: number }).n]),
  })
  const text = '2024-01-01T00:00:00.123456Z'
  const records = [
    { at: new Date(1), micros: text },
    { at: text, n: 1 },
    { at: '2024-01-01T00:00:00.123000Z' },
    { at: new PreciseDate(1, 1), n: 3 },
    { micros: '2024-01-01T00:00:00.1234567Z', n: 4 },
    { micros: new PreciseDate(1, 1), n: 5 },
  ].map(({ n, ...record }) => Object.defineProperty(record, 'n', { value: n, enumerable: false }))
  await pipeline(Readable.from(records), sink)
  t.strictSame(rejected, [
    ['at', 1],
    ['at', 3],
    ['micros', 4],
    ['micros', 5],
  ])
  const [first] = (await readParquet(path).toArray()) as { micros: Date }[]
  t.equal(first?.micros.toISOString(), text)
})

t.test('each text format has the digits', async (t) => {
  const directory = t.testdir()
  const text = '2024-01-01T00:00:00.123456789Z'
  const at = dateOfNanoseconds(BigInt(Date.parse(text)) * 1_000_000n + 456_789n)
  for (const format of ['jsonl', 'csv'] as const) {
    const path = join(directory, `times.${format}`)
    await pipeline(Readable.from([{ at, list: [at] }]), new RecordSink({ format, path }))
    const rows = await rowsByDuckDb(duckDb, `SELECT content FROM read_text('${path}')`)
    t.equal(rows[0]?.[0]?.split(text).length, 3, format)
  }
})
