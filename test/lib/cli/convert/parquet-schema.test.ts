/** Parquet to Parquet keeps types and values, for everything that DuckDB can write. */
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { parquetInfo } from '../../../../sinks/readers/read-parquet.ts'
import { objectsByDuckDb, openDuckDb, rowsByDuckDb } from '../../../sinks/parquet/readers.ts'
import { spillway } from '../fake-command-io.ts'

const connection = await openDuckDb()
t.teardown(() => connection.closeSync())
const directory = t.testdir()
let files = 0

/** Writes the result of a query as Parquet, converts it to Parquet, and returns the paths of both files. */
async function convertQuery(t: Test, query: string, options = ''): Promise<[string, string]> {
  const paths: [string, string] = [join(directory, `${++files}.parquet`), join(directory, `${files}-copy.parquet`)]
  await connection.run(`COPY (${query}) TO '${paths[0]}' (FORMAT parquet${options})`)
  const { code, stderr } = await spillway(['convert', paths[0], '--out', paths[1]])
  t.equal(code, 0, stderr)
  return paths
}

/** Expects that DuckDB finds the same types and the same rows in both files. */
async function expectSame(t: Test, [one, other]: readonly [string, string], label: string): Promise<void> {
  const typesOf = (path: string) =>
    rowsByDuckDb(connection, `SELECT column_name, column_type FROM (DESCRIBE FROM '${path}')`)
  t.strictSame(await typesOf(other), await typesOf(one), `types of ${label}`)
  const differences = (a: string, b: string) =>
    rowsByDuckDb(connection, `SELECT count(*) FROM (FROM '${a}' EXCEPT ALL FROM '${b}')`)
  t.strictSame([await differences(one, other), await differences(other, one)], [[['0n']], [['0n']]], label)
}

const columns = await objectsByDuckDb(connection, 'DESCRIBE FROM test_all_types()')

/** DuckDB fills arrays that are null with values, which arrow-rs leaves out as well, and hyparquet does not. */
const FILLED = ['fixed_nested_int_array', 'fixed_nested_varchar_array']

for (const { column_name: name } of columns.filter((column) => !FILLED.includes(String(column.column_name)))) {
  t.test(`keeps the smallest and the largest values and null of DuckDB's ${String(name)}`, async (t) => {
    await expectSame(t, await convertQuery(t, `SELECT "${String(name)}" AS c FROM test_all_types()`), String(name))
  })
}

/** Some values of each type: of a row `i`, null for every eleventh. */
const EXPRESSIONS = {
  tinyint: '(i % 200 - 100)::TINYINT',
  usmallint: '(i * 7 % 65536)::USMALLINT',
  uinteger: '(4294967295 - i)::UINTEGER',
  ubigint: '(18446744073709551615 - i)::UBIGINT',
  float: '(i / 3)::FLOAT',
  decimal9: '(i * 123)::DECIMAL(9,2)',
  decimal18: '(i * 12345678901)::DECIMAL(18,3)',
  decimal38: "('-1234567890123456789012345' || lpad(i::VARCHAR, 5, '0'))::DECIMAL(38,6)",
  date: "DATE '1970-01-01' + i::INTEGER * 37",
  timestamp: "TIMESTAMP '2024-02-29 12:34:56.789012' + to_microseconds(i * 77777)",
  timestamp_ns: 'make_timestamp_ns(1700000000123456789 + i)',
  timestamp_s: "TIMESTAMP_S '2024-02-29 12:34:56'",
  timestamp_tz: "TIMESTAMPTZ '2024-02-29 12:34:56.789+02' + to_seconds(i)",
  time: "TIME '12:34:56.789012' + to_microseconds(i)",
  interval: 'to_months((i % 12)::INTEGER) + to_days((i % 40)::INTEGER) + to_milliseconds(i)',
  uuid: 'uuid()',
  blob: "encode('blob ' || i)",
  enum: "(['red', 'green', 'blue'][i % 3 + 1])::ENUM ('red', 'green', 'blue')",
  list: 'CASE i % 4 WHEN 0 THEN [] WHEN 1 THEN [NULL, i] ELSE range(i % 50) END',
  list_of_lists: "[[], NULL, [i::VARCHAR, NULL], ['x']]",
  list_of_structs: '[{a: i, b: [i / 2, NULL]}, NULL, {a: NULL, b: NULL}, {a: 1, b: []}]',
  struct: "{i: i, s: {t: 'text ' || i, u: CASE WHEN i % 2 = 0 THEN {v: i::DECIMAL(10,1)} END}}",
  map: "MAP {'k' || i: i, 'second': NULL}",
  map_of_dates: "MAP {DATE '2020-01-01' + i::INTEGER: [i]}",
  map_of_numbers: 'CASE WHEN i % 3 = 0 THEN MAP {} ELSE MAP {i: {a: i}, -i - 1: NULL} END',
} as const

for (const [name, expression] of Object.entries(EXPRESSIONS)) {
  t.test(`keeps thousands of values of ${name}`, async (t) => {
    const query = `SELECT i, CASE WHEN i % 11 <> 10 THEN ${expression} END AS c FROM range(30000) AS r(i)`
    await expectSame(t, await convertQuery(t, query, ', ROW_GROUP_SIZE 10000'), name)
  })
}

for (const codec of ['uncompressed', 'snappy', 'gzip', 'zstd', 'lz4', 'lz4_raw', 'brotli']) {
  t.test(`reads what DuckDB compresses with ${codec}`, async (t) => {
    const query = `SELECT i, 'text ' || i % 100 AS s, [i, i] AS l, {a: i} AS g FROM range(20000) AS r(i)`
    await expectSame(t, await convertQuery(t, query, `, CODEC '${codec}'`), codec)
  })
}

t.test('keeps which columns must have a value', async (t) => {
  const path = join(directory, 'required.parquet')
  const [first] = await convertQuery(t, 'SELECT 1 AS a, [2] AS b')
  await spillway(['convert', first, '--out', path])
  const before = (await parquetInfo(first)).columns
  t.strictSame((await parquetInfo(path)).columns, before)
})
