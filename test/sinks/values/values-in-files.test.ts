/**
 * The value contract, value by value, checked with independent readers of the files.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import t, { type Test } from 'tap'
import type { CsvDialectOptions } from '../../../sinks/text/csv-dialect.ts'
import type { RecordSinkOptions } from '../../../sinks/options.ts'
import { expectCounts, writeAll } from '../../helpers/sink-conformance.ts'
import { deadLettersOf } from '../../helpers/sink-formats.ts'
import { openDuckDb, rowsByDuckDb } from '../parquet/readers.ts'

const duckDb = await openDuckDb()
t.teardown(() => duckDb.closeSync())
let files = 0

/** Writes records. Returns the path and the counts. */
async function write(t: Test, records: readonly unknown[], options: Omit<RecordSinkOptions, 'path'>) {
  // A new name for each file, because DuckDB may cache a file that it has read.
  const path = join(t.testdir(), `${files++}.${options.format}`)
  const sink = await writeAll([records], { ...options, path })
  return { path, sink, text: () => readFileSync(path, 'utf8') }
}

/** The rows that DuckDB reads, with cells as text. */
function read(path: string, options = ''): Promise<string[][]> {
  const reader = path.endsWith('csv') ? `read_csv('${path}', allow_quoted_nulls = false ${options})` : `'${path}'`
  return rowsByDuckDb(duckDb, `SELECT * FROM ${reader}`)
}

const bytes = Uint8Array.from([0, 1, 254, 255])

/** A value, its text in JSON lines, its cell in CSV, and its cell in Parquet as read by DuckDB. */
const contract: readonly [string, unknown, string, string, string][] = [
  ['a number', 0.1, '0.1', '0.1', '0.1'],
  ['a whole number', 3, '3', '3', '3'],
  [
    'a number with all digits',
    1.7976931348623157e308,
    '1.7976931348623157e+308',
    '1.7976931348623157e+308',
    '1.7976931348623157e+308',
  ],
  ['the smallest positive number', 5e-324, '5e-324', '5e-324', '5e-324'],
  ['NaN', NaN, 'null', 'NaN', 'NaN'],
  ['Infinity', Infinity, 'null', 'Infinity', 'Infinity'],
  ['-Infinity', -Infinity, 'null', '-Infinity', '-Infinity'],
  ['a bigint', 9007199254740993n, '9007199254740993', '9007199254740993', '9007199254740993n'],
  [
    'the largest bigint of 64 bits',
    2n ** 63n - 1n,
    '9223372036854775807',
    '9223372036854775807',
    '9223372036854775807n',
  ],
  [
    'the smallest bigint of 64 bits',
    -(2n ** 63n),
    '-9223372036854775808',
    '-9223372036854775808',
    '-9223372036854775808n',
  ],
  ['true', true, 'true', 'true', 'true'],
  ['false', false, 'false', 'false', 'false'],
  [
    'a Date',
    new Date('2020-02-29T12:34:56.789Z'),
    '"2020-02-29T12:34:56.789Z"',
    '2020-02-29T12:34:56.789Z',
    '1582979696789 ms',
  ],
  ['text', 'plain', '"plain"', 'plain', '"plain"'],
  ['ISO text', '2020-02-29', '"2020-02-29"', '2020-02-29', '"2020-02-29"'],
  ['text with quotes and line ends', 'a "b",\r\nc', '"a \\"b\\",\\r\\nc"', '"a ""b"",\r\nc"', '"a \\"b\\",\\r\\nc"'],
  ['the empty text', '', '""', '""', '""'],
  ['half a surrogate pair', 'a\ud800b', '"a\\ud800b"', 'a\ufffdb', '"a\ufffdb"'],
  ['null', null, 'null', '', 'null'],
  ['bytes', bytes, '"AAH+/w=="', 'AAH+/w==', '0x0001feff'],
  ['a Buffer', Buffer.from(bytes), '"AAH+/w=="', 'AAH+/w==', '0x0001feff'],
  ['an empty object', {}, '{}', '{}', '"{}"'],
  ['an empty array', [], '[]', '[]', '"[]"'],
  ['an array', [1, 'a', null, [true]], '[1,"a",null,[true]]', '"[1,""a"",null,[true]]"', '"[1,\\"a\\",null,[true]]"'],
  [
    'special values in an array',
    [1n, NaN, bytes, undefined],
    '[1,null,"AAH+/w==",null]',
    '"[1,null,""AAH+/w=="",null]"',
    '"[1,null,\\"AAH+/w==\\",null]"',
  ],
  // eslint-disable-next-line no-sparse-arrays
  ['an array with holes', [1n, , 3], '[1,null,3]', '"[1,null,3]"', '"[1,null,3]"'],
  ['half a surrogate pair in an array', ['\udc00'], '["\\udc00"]', '"[""\ufffd""]"', '"[\\"\ufffd\\"]"'],
  ['a URL', new URL('http://localhost/x'), '"http://localhost/x"', 'http://localhost/x', '"http://localhost/x"'],
]

const everything = Object.fromEntries(contract.map(([what, value]) => [what, value]))
const names = contract.map(([what]) => what)

t.test('writes each value so that JSON.parse reads it', async (t) => {
  const { text, sink } = await write(t, [everything], { format: 'jsonl' })
  t.equal(text(), `{${contract.map(([what, , json]) => `${JSON.stringify(what)}:${json}`).join(',')}}\n`)
  t.strictSame(Object.keys(JSON.parse(text())), names)
  expectCounts(t, sink, 1)
})

t.test('writes each value as a CSV cell', async (t) => {
  const { text, sink } = await write(t, [everything], { format: 'csv' })
  t.equal(text(), `${names.join(',')}\n${contract.map(([, , , csv]) => csv).join(',')}\n`)
  expectCounts(t, sink, 1)
})

t.test('writes each value to Parquet so that DuckDB reads it', async (t) => {
  const { path, sink } = await write(t, [everything], { format: 'parquet' })
  const [row = []] = await read(path)
  t.strictSame(
    row.map((cell, index) => [names[index], cell]),
    contract.map(([what, , , , parquet]) => [what, parquet]),
  )
  expectCounts(t, sink, 1)
})

t.test('omits undefined fields', async (t) => {
  const records = [{ a: undefined, b: 1, c: undefined }]
  t.equal((await write(t, records, { format: 'jsonl' })).text(), '{"b":1}\n')
  t.equal((await write(t, records, { format: 'csv' })).text(), 'b\n1\n')
})

t.test('writes no value for null and for missing fields, in every type of column', async (t) => {
  const records = [
    { n: 1.5, i: 1n, b: true, s: 'text', d: new Date(0), u: bytes, j: [1] },
    { n: null, i: null, b: undefined, s: null, d: null },
  ]
  for (const format of ['csv', 'parquet'] as const) {
    const { path } = await write(t, records, { format })
    t.strictSame((await read(path))[1], Array(7).fill('null'))
  }
})

t.test('distinguishes the empty string from null in CSV', async (t) => {
  const { path } = await write(
    t,
    [
      { a: '', b: 1 },
      { a: null, b: 2 },
      { a: 'x', b: 3 },
    ],
    { format: 'csv' },
  )
  t.strictSame(await read(path), [
    ['""', '1n'],
    ['null', '2n'],
    ['"x"', '3n'],
  ])
})

t.test('writes nested objects to dotted columns, in the order first seen', async (t) => {
  const records = [
    { a: 1, b: { c: { d: 'x' }, e: true }, f: null },
    { b: { e: false, g: 2 }, a: 3 },
  ]
  const csv = await write(t, records, { format: 'csv' })
  t.equal(csv.text(), 'a,b.c.d,b.e,f,b.g\n1,x,true,,\n3,,false,,2\n')
  const parquet = await write(t, records, { format: 'parquet' })
  t.strictSame(await read(parquet.path), [
    ['1', '"x"', 'true', 'null', 'null'],
    ['3', 'null', 'false', 'null', '2'],
  ])
})

t.test('distinguishes keys of all kinds', async (t) => {
  const record = JSON.parse(
    '{"a.b":1,"a":{"b":2,"":3},"":4,"__proto__":5,"constructor":{"prototype":6},"c\\\\":{"d":7},"c\\\\.d":8,"toString":9}',
  )
  const names = ['a\\.b', 'a.b', 'a.', '', '__proto__', 'constructor.prototype', 'c\\\\.d', 'c\\\\\\.d', 'toString']
  const jsonl = await write(t, [record], { format: 'jsonl' })
  t.equal(jsonl.text(), `${JSON.stringify(record)}\n`)
  const csv = await write(t, [record], { format: 'csv' })
  t.equal(csv.text(), `${names.map((name) => name || '""').join(',')}\n1,2,3,4,5,6,7,8,9\n`)
  const parquet = await write(t, [record], { format: 'parquet' })
  t.strictSame(await read(parquet.path), [['1', '2', '3', '4', '5', '6', '7', '8', '9']])
  const described = await rowsByDuckDb(duckDb, `SELECT name FROM parquet_schema('${parquet.path}') OFFSET 1`)
  t.strictSame(
    described.flat(),
    names.map((name) => JSON.stringify(name)),
  )
  t.equal(({} as { prototype?: unknown }).prototype, undefined)
})

t.test('writes a bigint of more than 64 bits if the format supports it, else rejects it', async (t) => {
  const records = [{ n: 1n }, { n: 2n ** 63n }, { n: -(2n ** 64n) }]
  t.match((await write(t, records, { format: 'jsonl' })).text(), '{"n":-18446744073709551616}\n')
  t.match((await write(t, records, { format: 'csv' })).text(), '-18446744073709551616\n')
  const { path, sink } = await write(t, records, { format: 'parquet' })
  t.strictSame(await read(path), [['1n']])
  expectCounts(t, sink, 1, 2)
  t.match(deadLettersOf(sink.deadLetterPath!), [
    {
      reason: 'the integer 9223372036854775808 does not fit 64 bits',
      field: 'n',
      record: { n: '<bigint 9223372036854775808>' },
    },
    { field: 'n' },
  ])
})

t.test('counts numbers that JSON cannot represent', async (t) => {
  const records = [{ a: NaN, b: [Infinity, { c: -Infinity }] }, { a: 1 }]
  const asNull = await write(t, records, { format: 'jsonl' })
  t.equal(asNull.text(), '{"a":null,"b":[null,{"c":null}]}\n{"a":1}\n')
  t.equal(asNull.sink.stats.nonFinite, 3)
  const asText = await write(t, records, { format: 'jsonl', nonFinite: 'text' })
  t.equal(asText.text(), '{"a":"NaN","b":["Infinity",{"c":"-Infinity"}]}\n{"a":1}\n')
  t.equal(asText.sink.stats.nonFinite, 3)
  const failing = write(t, [{ a: 1 }, ...records], { format: 'jsonl', nonFinite: 'error' })
  await t.rejects(failing, {
    code: 'ERR_SPILLWAY_VALUE',
    message:
      "Record 2, field a: NaN cannot be represented in JSON. Set `nonFinite` to 'null' or 'text' to write such numbers",
    place: { record: 2, field: 'a' },
  })
})

t.test('counts each string with a replaced unpaired surrogate once', async (t) => {
  const records = [
    { a: 'x\ud800', b: '\udc00\udc00' },
    { a: 'fine 😀' },
    { a: 'y\ud800', new: 1 },
    { a: '\ud800', b: Symbol('no') },
  ]
  for (const format of ['csv', 'parquet'] as const) {
    const directory = join(t.testdir(), format)
    const sink = await writeAll([records], { format, directory, inferRows: 1 })
    t.equal(sink.stats.rotations, 1)
    t.equal(sink.stats.surrogates, 3, format)
  }
})

t.test('writes values of many kinds to a text column', async (t) => {
  const values = ['text', 1.5, 10n ** 30n, true, new Date(0), bytes, [1, 2], {}, NaN]
  const texts = [
    'text',
    '1.5',
    String(10n ** 30n),
    'true',
    '1970-01-01T00:00:00.000Z',
    'AAH+/w==',
    '[1,2]',
    '{}',
    'NaN',
  ]
  for (const format of ['csv', 'parquet'] as const) {
    const { path, sink } = await write(
      t,
      values.map((x) => ({ x })),
      { format },
    )
    t.strictSame(
      (await read(path, ", header = true, all_varchar = true, delim = ','")).flat(),
      texts.map((text) => JSON.stringify(text)),
      format,
    )
    expectCounts(t, sink, values.length)
  }
})

t.test('writes the columns of a schema, in its order', async (t) => {
  const schema = {
    't.at': 'timestamp',
    raw: 'bytes',
    j: 'json',
    i: 'int64',
    d: 'double',
    s: 'utf8',
    b: 'boolean',
  } as const
  const record = { b: true, s: 5, d: 2n, i: 3, j: { deep: [1n] }, raw: bytes, t: { at: '2020-01-01T00:00:00Z' } }
  const csv = await write(t, [record], { format: 'csv', schema })
  t.equal(csv.text(), 't.at,raw,j,i,d,s,b\n2020-01-01T00:00:00.000Z,AAH+/w==,"{""deep"":[1]}",3,2,5,true\n')
  const parquet = await write(t, [record], { format: 'parquet', schema })
  t.strictSame(await read(parquet.path), [
    ['1577836800000 ms', '0x0001feff', '"{\\"deep\\":[1]}"', '3n', '2', '"5"', 'true'],
  ])
})

t.test('keeps a column without a type while it has only nulls, across markers and parts', async (t) => {
  for (const format of ['csv', 'parquet'] as const) {
    const directory = join(t.testdir(), format)
    const records = [
      { a: 1, x: null },
      { a: 2, x: null },
      { a: 3, x: 4n },
      { a: 4, x: 5n },
    ]
    const sink = await writeAll([records], { format, directory, inferRows: 1, partMaxRows: 3 })
    expectCounts(t, sink, 4)
    t.equal(sink.stats.rotations, 0)
    const rows = await rowsByDuckDb(duckDb, `SELECT x::BIGINT FROM '${directory}/part-*.${format}' ORDER BY a`)
    t.strictSame(rows.flat(), ['null', 'null', '4n', '5n'])
  }
})

const dialects: readonly CsvDialectOptions[] = [
  { delimiter: ';' },
  { delimiter: '\t', quote: "'" },
  { delimiter: '||' },
  { recordDelimiter: '\r\n' },
  { header: false },
]
for (const dialect of dialects) {
  t.test(`writes CSV in the dialect ${JSON.stringify(dialect)}`, async (t) => {
    const texts = ['a;b', "it's", 'say "so"', 'tab\there', 'line\nend', 'line\rend', 'a,b', 'a|b', 'a||b', '', ' both ']
    const records = texts.map((text, n) => ({ text, n, nothing: null }))
    const { text } = await write(t, records, { format: 'csv', csv: dialect })
    const { delimiter = ',', quote = '"', recordDelimiter = '\n', header = true } = dialect
    const rows = parse(text(), { delimiter, quote, escape: quote, record_delimiter: recordDelimiter })
    const expected = texts.map((text, n) => [text, String(n), ''])
    t.strictSame(rows, header ? [['text', 'n', 'nothing'], ...expected] : expected)
  })
}
