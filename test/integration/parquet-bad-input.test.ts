/**
 * Difficult input for Parquet files: written by the sink, and read by DuckDB.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t, { type Test } from 'tap'
import { parquetInfo } from '../../sinks/readers/read-parquet.ts'
import { ParquetSink, type ParquetSinkOptions } from '../../sinks/parquet-sink.ts'
import type { RecordSinkStats } from '../../sinks/record-files.ts'
import { CODEC_NAMES } from '../sinks/parquet/arbitraries.ts'
import { openDuckDb, rowsByDuckDb } from '../sinks/parquet/readers.ts'

const connection = await openDuckDb()
t.teardown(() => connection.closeSync())

async function write(
  t: Test,
  records: Iterable<unknown>,
  options: Omit<ParquetSinkOptions, 'path'> = {},
): Promise<{ path: string; stats: RecordSinkStats }> {
  const path = join(t.testdir(), 'a.parquet')
  const sink = new ParquetSink({ path, ...options })
  await pipeline(Readable.from(records), sink)
  return { path, stats: sink.stats }
}

function* range<T>(count: number, make: (n: number) => T): Generator<T> {
  for (let n = 0; n < count; n++) yield make(n)
}

t.test('an empty stream makes a valid file without rows', async (t) => {
  const { path } = await write(t, [])
  t.match(await parquetInfo(path), { rows: 0, rowGroups: 0 })
  t.strictSame(await rowsByDuckDb(connection, `SELECT count(*) FROM '${path}'`), [['0n']])
})

t.test('a column of nulls only', async (t) => {
  const { path } = await write(
    t,
    range(25_000, (n) => ({ n, nothing: null })),
  )
  t.strictSame(await rowsByDuckDb(connection, `SELECT count(*), count(nothing), sum(n)::BIGINT FROM '${path}'`), [
    ['25000n', '0n', `${(24_999 * 25_000) / 2}n`],
  ])
})

t.test('a million distinct strings', async (t) => {
  const { path } = await write(
    t,
    range(1000, (batch) =>
      Array.from(range(1000, (n) => ({ s: `string number ${((batch * 1000 + n) * 7919) % 1_000_003}` }))),
    ),
  )
  t.strictSame(await rowsByDuckDb(connection, `SELECT count(*), count(DISTINCT s) FROM '${path}'`), [
    ['1000000n', '1000000n'],
  ])
})

t.test('two thousand columns', async (t) => {
  const cell = (row: number, column: number) => [(row * column) / 7, `v${row % 5}`, null][column % 3]
  const { path } = await write(
    t,
    range(200, (row) => Object.fromEntries(range(2000, (column) => [`col${column}`, cell(row, column)]))),
  )
  const sum = 'round(sum(col1998), 6), count(DISTINCT col1999), count(col2)'
  const expected = Array.from(range(200, (row) => (row * 1998) / 7)).reduce((one, other) => one + other)
  t.strictSame(await rowsByDuckDb(connection, `SELECT count(*), ${sum} FROM '${path}'`), [
    ['200n', String(Math.round(expected * 1e6) / 1e6), '5n', '0n'],
  ])
})

t.test('200 MB of text in one cell', async (t) => {
  const { path } = await write(t, [{ s: 'a' }, { s: 'x'.repeat(2e8) }, { s: 'b' }])
  t.strictSame(await rowsByDuckDb(connection, `SELECT count(*), max(length(s)), min(s) FROM '${path}'`), [
    ['3n', '200000000n', '"a"'],
  ])
})

t.test('values that fit no column are rejected with field and record, and other records are written', async (t) => {
  const records = [{ a: 1 }, { a: 'x' }, { a: Symbol('x') }, { a: 2n ** 70n }, { a: 1.5 }, { b: 1 }, 5, { a: 2 }]
  const { path, stats } = await write(t, records, { schema: { a: 'int64' }, onDrift: 'reject' })
  t.match(stats, { recordsIn: 8, written: 2, rejected: 6, inFlight: 0 })
  t.strictSame(await rowsByDuckDb(connection, `FROM '${path}'`), [['1n'], ['2n']])
  const letters = readFileSync(`${path}.dead-letter.jsonl`, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { field?: string; reason: string })
  t.strictSame(
    letters.map(({ field }) => field),
    ['a', 'a', 'a', 'a', 'b', undefined],
  )
  t.ok(letters.every(({ reason }) => reason.length > 10))
})

t.test('an error names the record and the field', async (t) => {
  const failing = write(t, [{ a: 1 }, { a: 2 }, { a: { b: 1 } }], { schema: { a: 'double' }, onDrift: 'error' })
  await t.rejects(failing, { code: 'ERR_SPILLWAY_DRIFT', message: /[Rr]ecord .*field a/s })
  t.ok(existsSync(join(t.testdirName, 'a.parquet')))
  t.equal((await parquetInfo(join(t.testdirName, 'a.parquet'))).rows, 2, 'the records before it are in a complete file')
})

for (const compression of CODEC_NAMES) {
  t.test(`${compression} is read by DuckDB`, async (t) => {
    const record = (n: number) => ({ n, s: `text ${n % 100}`, d: Math.sin(n), moment: new Date(n * 1e6) })
    const { path } = await write(t, range(30_000, record), { compression })
    const query = `SELECT count(*), sum(n)::BIGINT, count(DISTINCT s), max(moment), count(DISTINCT d) FROM '${path}'`
    t.strictSame(await rowsByDuckDb(connection, query), [
      ['30000n', `${(29_999 * 30_000) / 2}n`, '100n', `${29_999 * 1e6} ms`, '30000n'],
    ])
  })
}
