import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setImmediate } from 'node:timers/promises'
import { DuckDBInstance } from '@duckdb/node-api'
import t, { type Test } from 'tap'
import {
  parquetInfo,
  readParquet,
  readParquetColumn,
  type ParquetInput,
  type ReadParquetOptions,
} from '../../../sinks/readers/read-parquet.ts'
import { PreciseDate } from '../../../sinks/values/precise-date.ts'
import { ParquetSink } from '../../../sinks/parquet-sink.ts'
import { closed } from '../../helpers/leaks.ts'

/** Writes the result of a query to a Parquet file, with DuckDB. */
async function writeFile(t: Test, query: string, options = ''): Promise<string> {
  const path = join(t.testdir(), 'a.parquet')
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(`COPY (${query}) TO '${path}' (FORMAT parquet${options})`)
  connection.closeSync()
  instance.closeSync()
  return path
}

async function read(input: ParquetInput, options?: ReadParquetOptions): Promise<Record<string, unknown>[]> {
  return (await readParquet(input, options).toArray()) as Record<string, unknown>[]
}

/** Number of handles that this process has open on `path`. Undefined where the system does not report them. */
function handlesOn(path: string): number | undefined {
  if (!existsSync('/proc/self/fd')) return undefined
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path
    } catch {
      return false
    }
  }).length
}

function expectNoHandle(t: Test, path: string): void {
  t.ok([0, undefined].includes(handlesOn(path)), 'no handle is left open')
}

const thousands = `SELECT i::INTEGER AS i, 'row ' || i AS s FROM range(5000) r(i)`
const smallGroups = ', ROW_GROUP_SIZE 2048'

t.test('converts every type to its value', async (t) => {
  const path = await writeFile(
    t,
    `SELECT true AS b, 0.1::DOUBLE AS d, 0.5::FLOAT AS f, 7::INTEGER AS i, 9007199254740993::BIGINT AS l,
       18446744073709551615::UBIGINT AS ul, 'é"' AS s, 'y'::ENUM('x', 'y') AS e, DATE '2024-02-03' AS day,
       TIMESTAMP '2024-02-03 04:05:06.789' AS at, 'ab'::BLOB AS bytes, '{"a":[1]}'::JSON AS json,
       0.3::DECIMAL(10,1) AS price, 123.45::DECIMAL(30,2) AS wide, [1.5::DOUBLE, NULL] AS list,
       {'x': 1::INTEGER, 'y': NULL::VARCHAR} AS struct, MAP {'k': 1::INTEGER} AS map, NULL::DOUBLE AS nothing,
       2::INTEGER AS "result.metrics.sharpe", 3::INTEGER AS "__proto__", 'NaN'::DOUBLE AS nan`,
  )
  const [record] = (await read(path)) as [Record<string, unknown>]
  t.strictSame(record, {
    b: true,
    d: 0.1,
    f: 0.5,
    i: 7,
    l: 9007199254740993n,
    ul: 18446744073709551615n,
    s: 'é"',
    e: 'y',
    day: new Date('2024-02-03'),
    at: new Date('2024-02-03T04:05:06.789Z'),
    bytes: new Uint8Array([97, 98]),
    json: { a: [1] },
    price: '0.3',
    wide: '123.45',
    list: [1.5, null],
    struct: { x: 1, y: null },
    map: { k: 1 },
    nothing: null,
    'result.metrics.sharpe': 2,
    ['__proto__']: 3,
    nan: NaN,
  })
  t.equal(Object.keys(record).at(-2), '__proto__')
})

t.test('keeps all digits, of values within lists, structs and maps, too', async (t) => {
  const path = await writeFile(
    t,
    `SELECT * FROM (VALUES
       (12345678901234567890123456789012345678::DECIMAL(38,0), -0.05::DECIMAL(4,2), -7::DECIMAL(9,0),
        TIME '12:34:56.789012', INTERVAL '14 months 3 days 4.005 seconds', 18446744073709551615::UBIGINT,
        TIMESTAMP '2024-02-03 04:05:06.789012', TIMESTAMP_NS '2024-02-03 04:05:06.789012345',
        TIMESTAMP_MS '2024-02-03 04:05:06.789', [0.10::DECIMAL(4,2), NULL], {'t': TIME '00:00:01', 'n': 1::INTEGER},
        MAP {'k': 1.5::DECIMAL(4,1)}, [{'d': [2.50::DECIMAL(4,2)]}]),
       (NULL, NULL, NULL, NULL, INTERVAL '0 days', NULL, NULL, NULL, NULL, NULL, NULL, NULL, [])
     ) AS r(wide, cents, whole, time, span, big, micros, nanos, ms, list, struct, map, deep)`,
  )
  const [record, nulls] = (await read(path)) as [Record<string, unknown>, Record<string, unknown>]
  t.strictSame(JSON.parse(JSON.stringify(record, bigintsAsText)), {
    wide: '12345678901234567890123456789012345678',
    cents: '-0.05',
    whole: '-7',
    time: '12:34:56.789012',
    span: 'P14M3DT4.005S',
    big: '18446744073709551615',
    micros: '2024-02-03T04:05:06.789012Z',
    nanos: '2024-02-03T04:05:06.789012345Z',
    ms: '2024-02-03T04:05:06.789Z',
    list: ['0.10', null],
    struct: { t: '00:00:01.000000', n: 1 },
    map: { k: '1.5' },
    deep: [{ d: ['2.50'] }],
  })
  t.ok(record['micros'] instanceof PreciseDate)
  t.equal(Object.getPrototypeOf(record['ms']), Date.prototype)
  t.match(nulls, { wide: null, time: null, span: 'PT0S', big: null, micros: null, list: null, struct: null, deep: [] })
  const { columns } = await parquetInfo(path)
  const types = Object.fromEntries(columns.map(({ name, type }) => [name, type]))
  t.match(types, { wide: 'DECIMAL', time: 'TIME_MICROS', span: 'INTERVAL', big: 'UINT_64', nanos: 'TIMESTAMP_NANOS' })
})

function bigintsAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}

t.test('reads all row groups in order, for every codec', async (t) => {
  const expected = Array.from({ length: 5000 }, (_, i) => ({ i, s: `row ${i}` }))
  for (const codec of ['uncompressed', 'snappy', 'gzip', 'brotli', 'zstd', 'lz4', 'lz4_raw']) {
    const path = await writeFile(t, thousands, `${smallGroups}, COMPRESSION ${codec}`)
    t.strictSame(await read(path), expected, codec)
    expectNoHandle(t, path)
  }
})

t.test('emits batches of up to 1000 records', async (t) => {
  const path = await writeFile(t, thousands, smallGroups)
  const batches = (await readParquet(path, { batches: true }).toArray()) as unknown[][]
  t.strictSame(
    batches.map(({ length }) => length),
    [1000, 1000, 48, 1000, 1000, 48, 904],
  )
})

t.test('reads some columns, in the requested order', async (t) => {
  const path = await writeFile(t, `SELECT 1::INTEGER AS a, 2::INTEGER AS "b.c", 3::INTEGER AS d`)
  const [record] = (await read(path, { columns: ['d', 'b.c'] })) as [object]
  t.strictSame(Object.entries(record), [
    ['d', 3],
    ['b.c', 2],
  ])
  const unknown = { code: 'ERR_SPILLWAY_OPTION', message: /`b\.d`.*Did you mean `b\.c`/ }
  await t.rejects(read(path, { columns: ['b.d'] }), unknown)
  expectNoHandle(t, path)
})

t.test('decodes a row group only when it is needed, and only once', async (t) => {
  const path = await writeFile(t, thousands, smallGroups)
  const bytes = readFileSync(path)
  const starts: number[] = []
  const file = {
    byteLength: bytes.length,
    slice(start: number, end = bytes.length) {
      if (end - start > 4 && end < bytes.length) starts.push(start)
      return new Uint8Array(bytes.subarray(start, end)).buffer
    },
  }
  const stream = readParquet({ file }, { columns: ['i'], batches: true })
  const [first] = (await once(stream, 'readable').then(() => [stream.read() as unknown])) as [unknown[]]
  t.equal(first.length, 1000)
  t.equal(starts.length, 1)
  await stream.toArray()
  t.equal(starts.length, 3)
  t.equal(new Set(starts).size, 3)
})

t.test('reads a file without rows', async (t) => {
  const path = await writeFile(t, `${thousands} WHERE i < 0`)
  t.strictSame(await read(path), [])
  t.equal((await parquetInfo(path)).rows, 0)
})

t.test('reads rows, row groups and columns from the footer', async (t) => {
  const path = await writeFile(
    t,
    `SELECT i::INTEGER AS i, i::BIGINT AS l, 's' AS s, [i] AS list, {'x': i} AS struct, now()::TIMESTAMP AS at,
       0.5::DOUBLE AS d, 'x'::BLOB AS bytes FROM range(5000) r(i)`,
    smallGroups,
  )
  const info = await parquetInfo(path)
  t.equal(info.rows, 5000)
  t.equal(info.rowGroups, 3)
  t.strictSame(
    info.columns.map(({ name, type }) => `${name} ${type}`),
    [
      'i INT32',
      'l INT64',
      's UTF8',
      'list LIST',
      'struct STRUCT',
      'at TIMESTAMP_MICROS',
      'd DOUBLE',
      'bytes BYTE_ARRAY',
    ],
  )
  t.ok(info.columns.every(({ nullable }) => nullable))
  expectNoHandle(t, path)
})

t.test('reports why a file cannot be read', async (t) => {
  const whole = readFileSync(await writeFile(t, thousands, smallGroups))
  const damagedFooter = Buffer.from(whole)
  damagedFooter.fill(0xff, whole.length - 200, whole.length - 8)
  const damagedPages = Buffer.from(whole)
  damagedPages.fill(0xff, 4, 2000)
  const files: Record<string, [bytes: Buffer | string, message: RegExp]> = {
    empty: ['', /it is empty/],
    foreign: ['a,b\n1,2\n3,4\n5,6\n', /not a Parquet file/],
    short: ['PA', /not a Parquet file/],
    magic: ['PAR1', /cut short/],
    cut: [whole.subarray(0, -100), /cut short/],
    footer: [damagedFooter, /footer is damaged/],
    pages: [damagedPages, /row group 1 cannot be decoded/],
    encrypted: ['PARE00000000PARE', /encrypted/],
  }
  const folder = t.testdir()
  for (const [name, [bytes, message]] of Object.entries(files)) {
    const path = join(folder, `${name}.parquet`)
    writeFileSync(path, bytes)
    await t.rejects(read(path), { code: 'ERR_SPILLWAY_INPUT', place: { path }, message }, name)
    expectNoHandle(t, path)
  }
  await t.rejects(parquetInfo(join(folder, 'cut.parquet')), { code: 'ERR_SPILLWAY_INPUT' })
  expectNoHandle(t, join(folder, 'cut.parquet'))
  await t.rejects(read(join(folder, 'none.parquet')), { code: 'ERR_SPILLWAY_IO', message: /none\.parquet/ })
})

t.test('has closed the file when it emits close, at every stage of a destroy', async (t) => {
  const path = await writeFile(t, thousands, smallGroups)
  const opening = readParquet(path).destroy()
  await closed(opening)
  expectNoHandle(t, path)

  const left = readParquet(path)
  // Leaving the loop destroys the stream, but does not wait until it is closed.
  for await (const _record of left) break
  await closed(left)
  expectNoHandle(t, path)

  const decoding = readParquet(path, { batches: true })
  await once(decoding, 'readable')
  while (decoding.read() !== null);
  decoding.destroy()
  await closed(decoding)
  expectNoHandle(t, path)
})

t.test('ends with an AbortError on its signal, and closes the file', async (t) => {
  const path = await writeFile(t, thousands, smallGroups)
  const controller = new AbortController()
  const reading = read(path, { signal: controller.signal })
  controller.abort()
  await t.rejects(reading, { name: 'AbortError' })
  expectNoHandle(t, path)
  await t.rejects(read(path, { signal: AbortSignal.abort() }), { name: 'AbortError' })
})

t.test('closes the file when a later stream in pipeline() fails', async (t) => {
  const path = await writeFile(t, thousands, smallGroups)
  const broken = new Writable({ objectMode: true, write: (_r, _e, done) => done(new Error('disk full')) })
  const reading = readParquet(path)
  await t.rejects(pipeline(reading, broken), { message: 'disk full' })
  await closed(reading)
  expectNoHandle(t, path)
})

t.test('refuses wrong options', async (t) => {
  t.throws(() => readParquet(''), { code: 'ERR_SPILLWAY_OPTION' })
  t.throws(() => readParquet({} as ParquetInput), { code: 'ERR_SPILLWAY_OPTION' })
  t.throws(() => readParquet('a', { columns: 'a' } as never), { code: 'ERR_SPILLWAY_OPTION' })
})

t.test('returns one column, row group by row group, and always closes the file', async (t) => {
  const path = await writeFile(
    t,
    `SELECT CASE WHEN i % 3 = 0 THEN NULL ELSE i::INTEGER END AS i, 'row ' || i AS s, NULL::DOUBLE AS none
     FROM range(5000) r(i)`,
    smallGroups,
  )
  const groups: (readonly unknown[])[] = []
  for await (const values of readParquetColumn(path, 'i')) groups.push(values)
  t.strictSame(
    groups.map(({ length }) => length),
    [2048, 2048, 904],
  )
  const expected = Array.from({ length: 5000 }, (_, i) => (i % 3 === 0 ? null : i))
  t.strictSame(groups.flat(), expected)
  for await (const values of readParquetColumn(path, 'none')) t.ok(values.every((value) => value === null))
  for await (const values of readParquetColumn({ file: Uint8Array.from(readFileSync(path)).buffer }, 's')) {
    t.equal(values[0], 'row 0')
    break
  }
  for await (const values of readParquetColumn(path, 's')) {
    t.equal(values[0], 'row 0')
    break
  }
  expectNoHandle(t, path)
})

t.test('refuses a column that does not exist, and a file that is not Parquet', async (t) => {
  const path = await writeFile(t, thousands)
  await t.rejects(readParquetColumn(path, 'ii').next(), { code: 'ERR_SPILLWAY_OPTION', message: /"?ii/ })
  writeFileSync(join(t.testdirName, 'b'), 'not Parquet at all')
  await t.rejects(readParquetColumn(join(t.testdirName, 'b'), 'i').next(), { code: 'ERR_SPILLWAY_INPUT' })
  t.throws(() => readParquetColumn(path, 1 as unknown as string), { code: 'ERR_SPILLWAY_OPTION' })
  expectNoHandle(t, path)
})

t.test('a changed byte of the footer is an error or harmless, and reading ends', async (t) => {
  const path = join(t.testdir(), 'a.parquet')
  await pipeline(
    Readable.from([
      { n: 1, text: 'one' },
      { n: 2, text: 'two' },
    ]),
    new ParquetSink({ path }),
  )
  const whole = readFileSync(path)
  const footer = whole.length - 8 - whole.readUInt32LE(whole.length - 8)
  let endless = 0
  let errors = 0
  for (let at = footer; at < whole.length; at++) {
    for (const change of [1, 16, 25, 64]) {
      const changed = Buffer.from(whole)
      changed[at] = (changed[at] ?? 0) ^ change
      writeFileSync(path, changed)
      let batches = 0
      try {
        for await (const _batch of readParquet(path, { batches: true })) if ((batches += 1) > 10) break
      } catch (error) {
        t.match(error, { code: 'ERR_SPILLWAY_INPUT' })
        errors += 1
      }
      if (batches > 10) endless += 1
    }
  }
  t.equal(endless, 0)
  t.ok(errors > 0)
})

t.test('a destroyed reader decodes no further columns of its row group', async (t) => {
  const path = join(t.testdir(), 'wide.parquet')
  const record = Object.fromEntries(Array.from({ length: 50 }, (_, column) => [`c${column}`, column]))
  await pipeline([record], new ParquetSink({ path }))
  const bytes = readFileSync(path)
  const read: number[] = []
  const file = {
    byteLength: bytes.length,
    slice: (start: number, end?: number) => {
      read.push(start)
      if (read.length === 10) reader.destroy()
      return bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + (end ?? bytes.length))
    },
  }
  const reader = readParquet({ file })
  reader.resume()
  await once(reader, 'close')
  // Other work has its turn between two columns.
  for (let turn = 0; turn < 100; turn++) await setImmediate()
  t.ok(read.length < 15, `${read.length} reads`)
})
