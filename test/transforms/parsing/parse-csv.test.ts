import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import t from 'tap'
import type { Rejection } from '../../../lib/core/rejection.ts'
import { parseCsv, type ParseCsvOptions } from '../../../transforms/parsing/parse-csv.ts'

async function parse(text: string | Buffer, options?: ParseCsvOptions, size = 1000) {
  const bytes = Buffer.from(text as string)
  const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  )
  const records: unknown[] = []
  try {
    for await (const record of Readable.from(chunks).pipe(parseCsv(options))) records.push(record)
  } catch (error) {
    return { records, error }
  }
  return { records, error: undefined }
}

async function parseLeniently(text: string, options?: ParseCsvOptions, size?: number) {
  const rejections: Rejection[] = []
  const onReject = (rejection: Rejection) => void rejections.push(rejection)
  return { ...(await parse(text, { ...options, onReject }, size)), rejections }
}

function quoted(cell: string | null): string {
  if (cell === null) return ''
  return cell === '' || /[",;\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}

t.test('returns any cells, for any division into chunks', async (t) => {
  const unit = fc.constantFrom('a', '"', ',', ';', '\n', '\r\n', '\r', 'é', '😀', ' ', '0')
  const cell = fc.option(fc.string({ unit, maxLength: 6 }))
  const row = fc.tuple(cell, cell, cell)
  const end = fc.constantFrom('\n', '\r\n')
  const delimiter = fc.constantFrom(',', ';', '\t', '|', '||')
  const property = fc.asyncProperty(
    fc.array(row, { maxLength: 12 }),
    fc.integer({ min: 1, max: 20 }),
    end,
    delimiter,
    fc.boolean(),
    async (rows, size, end, delimiter, ended) => {
      const lines = [['x', 'y', 'z'], ...rows].map((cells) => cells.map(quoted).join(delimiter))
      const text = lines.join(end) + (ended ? end : '')
      const { records, error } = await parse(text, { types: 'text', delimiter }, size)
      assert.equal(error, undefined)
      assert.deepStrictEqual(
        records,
        rows.map(([x, y, z]) => ({ x, y, z })),
      )
    },
  )
  await t.resolves(fc.assert(property, { numRuns: 150 }))
})

t.test('never loses a good row because of a bad one, and reports the line of each bad row', async (t) => {
  const bad = fc.constantFrom('1', '1,2,3', '"a"b,2', 'a"b,2', `${'x'.repeat(300)},2`)
  const property = fc.asyncProperty(
    fc.array(fc.oneof(fc.nat(), bad)),
    fc.integer({ min: 1, max: 60 }),
    async (rows, size) => {
      const text = ['a,b', ...rows.map((one) => (typeof one === 'number' ? `${one},"x\ny"` : one))].join('\n')
      const { records, rejections, error } = await parseLeniently(text, { maxRecordBytes: 200 }, size)
      assert.equal(error, undefined)
      let line = 2
      const expected: unknown[] = []
      for (const one of rows) {
        if (typeof one === 'string') expected.push(line)
        line += typeof one === 'number' ? 2 : 1
      }
      assert.deepStrictEqual(
        records,
        rows.filter((one) => typeof one === 'number').map((a) => ({ a, b: 'x\ny' })),
      )
      assert.deepStrictEqual(
        rejections.map((rejection) => rejection.line),
        expected,
      )
    },
  )
  await t.resolves(fc.assert(property))
})

t.test('infers types from the first records', async (t) => {
  const text = [
    'flag,count,ratio,id,mixed,empty,when',
    'true,1,0.5,007,1,,2024-01-01T00:00:00Z',
    ',1234567890123456789,NaN,1,x,,2024-01-02T00:00:00Z',
    'no,1.5,n/a,2,2,17,2024-01-03T00:00:00Z',
  ].join('\n')
  const { records } = await parse(text, { inferRows: 2 })
  t.strictSame(records, [
    { flag: true, count: 1, ratio: 0.5, id: '007', mixed: '1', empty: null, when: '2024-01-01T00:00:00Z' },
    {
      flag: null,
      count: 1234567890123456789n,
      ratio: NaN,
      id: '1',
      mixed: 'x',
      empty: null,
      when: '2024-01-02T00:00:00Z',
    },
    { flag: 'no', count: 1.5, ratio: 'n/a', id: '2', mixed: '2', empty: 17, when: '2024-01-03T00:00:00Z' },
  ])
})

t.test('holds records until types are inferred, limited by their number or their bytes', async (t) => {
  for (const options of [{ inferRows: 3 }, { maxRecordBytes: 12 }]) {
    const stream = parseCsv(options)
    stream.write('a,b\n1,2\n3,4\n')
    t.equal(stream.read(), null)
    stream.end('5,6\n7,8\n')
    t.strictSame(await stream.toArray(), [
      { a: 1, b: 2 },
      { a: 3, b: 4 },
      { a: 5, b: 6 },
      { a: 7, b: 8 },
    ])
  }
})

t.test('accepts declared types', async (t) => {
  const text = 'a,b,c\n1,2,3\n1.5,x,true\n'
  t.strictSame((await parse(text, { types: { a: 'integer', b: 'number' } })).records, [
    { a: 1, b: 2, c: '3' },
    { a: '1.5', b: 'x', c: 'true' },
  ])
  const { error } = await parse(text, { types: { aa: 'integer' } })
  t.match(error, { code: 'ERR_SPILLWAY_INPUT', message: /no column `aa`.*`a`/ })
})

t.test('emits batches', async (t) => {
  const { records } = await parse('a\n1\n2\n', { batches: true })
  t.strictSame(records, [[{ a: 1 }, { a: 2 }]])
})

t.test('removes a byte order mark', async (t) => {
  t.strictSame((await parse('\ufeffa\n1\n', {}, 1)).records, [{ a: 1 }])
})

t.test('reads an empty line as null in a file of one column, and ignores it otherwise', async (t) => {
  t.strictSame((await parse('a\n1\n\n""\n')).records, [{ a: '1' }, { a: null }, { a: '' }])
  t.strictSame((await parse('a,b\n1,2\n\n3,4\n\n')).records, [
    { a: 1, b: 2 },
    { a: 3, b: 4 },
  ])
})

t.test('fails on the first bad row after every record before it, held or not', async (t) => {
  for (const inferRows of [1, 1000]) {
    const { records, error } = await parse('a,b\n1,2\n3,4\n5\n6,7\n', { inferRows })
    t.strictSame(records, [
      { a: 1, b: 2 },
      { a: 3, b: 4 },
    ])
    t.match(error, { code: 'ERR_SPILLWAY_INPUT', place: { line: 4 }, message: /Line 4 .*1 cell, .*2 cells.*onReject/ })
  }
})

t.test('rejects a quote that is never closed, with the line of the quote', async (t) => {
  const { records, rejections } = await parseLeniently('a,b\n1,2\n3,"x\ny\n')
  t.strictSame(records, [{ a: 1, b: 2 }])
  t.match(rejections, [{ line: 3, reason: /never closed/, record: '3,"x\ny' }])
})

t.test('always fails without a usable header', async (t) => {
  t.match((await parseLeniently('a,a\n1,2\n')).error, { code: 'ERR_SPILLWAY_INPUT', place: { line: 1, field: 'a' } })
  t.match((await parseLeniently('a"b,c\n1,2\n')).error, { code: 'ERR_SPILLWAY_INPUT', message: /header/ })
})

t.test('accepts a file without rows, and an empty file', async (t) => {
  t.strictSame(await parse('a,b\n'), { records: [], error: undefined })
  t.strictSame(await parse(''), { records: [], error: undefined })
})

t.test('makes a __proto__ column an own property', async (t) => {
  const [record] = (await parse('__proto__,b\n1,2\n')).records as [object]
  t.strictSame(Object.entries(record), [
    ['__proto__', 1],
    ['b', 2],
  ])
})

t.test('can be destroyed in the middle of a row', async (t) => {
  const stream = parseCsv()
  stream.write('a,b\n1,"2')
  stream.destroy()
  await new Promise((resolve) => stream.once('close', resolve))
  t.ok(stream.destroyed)
})

t.test('refuses wrong options', async (t) => {
  for (const options of [
    { delimiter: '"' },
    { delimiter: '' },
    { delimiter: "'", quote: "'" },
    { quote: 'é' },
    { quote: '""' },
    { escape: '' },
    { comment: '"' },
    { comment: ',', delimiter: ',' },
    { skipLines: -1 },
    { encoding: 'utf-7' },
    { types: 'auto' },
    { types: { a: 'date' } },
    { inferRows: 0 },
  ]) {
    t.throws(() => parseCsv(options as ParseCsvOptions), { code: 'ERR_SPILLWAY_OPTION' })
  }
})

async function warningsOf(text: string, options?: ParseCsvOptions): Promise<string[]> {
  const warnings: string[] = []
  await parse(text, { ...options, onWarning: (message) => void warnings.push(message) })
  return warnings
}

const sizes = [1, 2, 5, 1000]

t.test('reads UTF-16 by its byte order mark, and other encodings by name', async (t) => {
  const text = 'naïve,日\n1,é\n'
  const records = [{ naïve: 1, 日: 'é' }]
  const littleEndian = Buffer.from(`\ufeff${text}`, 'utf16le')
  for (const size of sizes) {
    t.strictSame((await parse(littleEndian, {}, size)).records, records)
    t.strictSame((await parse(Buffer.from(littleEndian).swap16(), {}, size)).records, records)
    const latin = Buffer.from('naïve,b\n1,é\n', 'latin1')
    t.strictSame((await parse(latin, { encoding: 'windows-1252' }, size)).records, [{ naïve: 1, b: 'é' }])
  }
})

t.test('rejects rows that are not text in their encoding, and a header that is not', async (t) => {
  const bytes = Buffer.from('a,b\n1,\xe9\n2,\xc3\xa9\n', 'latin1')
  for (const size of sizes) {
    const rejections: Rejection[] = []
    const { records } = await parse(bytes, { onReject: (rejection) => void rejections.push(rejection) }, size)
    t.strictSame(records, [{ a: 2, b: 'é' }])
    t.match(rejections, [{ line: 2, reason: /bytes that are not UTF-8/, record: '1,\ufffd' }])
    t.match((await parse(bytes, {}, size)).error, { code: 'ERR_SPILLWAY_INPUT', place: { line: 2 } })
    const header = await parse(Buffer.from('caf\xe9,b\n1,2\n', 'latin1'), {}, size)
    t.match(header.error, { place: { line: 1 }, message: /cannot be the header: it has bytes that are not UTF-8/ })
  }
})

t.test('reads lines that end with a carriage return', async (t) => {
  for (const size of sizes) {
    const records = [
      { a: 1, b: 'x\ny' },
      { a: 2, b: 'z' },
    ]
    t.strictSame((await parse('a,b\r1,"x\ny"\r2,z\r', {}, size)).records, records)
    t.strictSame((await parse('a,b\r1,"x\ny"\r2,z', { delimiter: ',' }, size)).records, records)
    t.strictSame((await parse('a,b\n1,x\ry\n', {}, size)).records, [{ a: 1, b: 'x\ry' }], 'not after a line feed')
  }
})

t.test('finds the delimiter', async (t) => {
  const inputs: [string, object][] = [
    ['a;b\n1,5;2\n', { a: '1,5', b: 2 }],
    ['a\tb\n1,5\t2;\n', { a: '1,5', b: '2;' }],
    ['a|b\n1|2,3\n', { a: 1, b: '2,3' }],
    ['"a;b",c\n"1;2",3\n', { 'a;b': '1;2', c: 3 }],
    ['a,b\n"1;2\n3;4",5\n', { a: '1;2\n3;4', b: 5 }],
    ['text\n"Hello, world"\n', { text: 'Hello, world' }],
    ['sep=;\r\na,b;c\r\n1;2\r\n', { 'a,b': 1, c: 2 }],
    ['sep=|\na|b\n1|2\n', { a: 1, b: 2 }],
    ['name;price,EUR\nx;1,5\ny;2\n', { name: 'x', 'price,EUR': '1,5' }],
  ]
  for (const size of sizes) {
    for (const [text, first] of inputs) t.strictSame((await parse(text, {}, size)).records[0], first, text)
  }
  t.strictSame((await parse("a;b\n'1;2';3\n", { quote: "'" })).records, [{ a: '1;2', b: 3 }])
  t.strictSame((await parse('a,b\n1;2\n', { types: 'text' })).records, [], 'a bad row does not decide')
  t.strictSame((await parse('sep=;\n1;2\n', { delimiter: ',' })).records, [{ 'sep=;': '1;2' }], 'it contradicts')
})

t.test('says when another delimiter is likely', async (t) => {
  t.match(await warningsOf('a:b\n1:2\n'), [/one column.*":".*set `delimiter`/])
  t.match(await warningsOf('a;b\n1;2\n', { delimiter: ',' }), [/one column.*";"/])
  t.match(await warningsOf('a,b;c\n1,2;3\n'), [/separated by ",".*";" fits the first rows as well/])
  for (const text of ['a,b\n1,2\n', 'a;b\n1,5;2\n', 'text\nHello: world\n', 'a', '']) {
    t.strictSame(await warningsOf(text), [], text)
  }
})

t.test('reads other dialects', async (t) => {
  const inputs: [string, ParseCsvOptions, object][] = [
    ["a,b\n'x,y','it''s'\n", { quote: "'" }, { a: 'x,y', b: "it's" }],
    ['a,b\n"x\\"y,z",""\n', { escape: '\\' }, { a: 'x"y,z', b: '' }],
    ['a,b\n5" disk,"x"y\n', { relaxQuotes: true }, { a: '5" disk', b: '"x"y' }],
    ['a,b\n"x,""\n', { quote: '' }, { a: '"x', b: '""' }],
    ['# made by hand\n\na,b\n# more\n1,#2\n', { comment: '#' }, { a: 1, b: '#2' }],
    [' a , b\n 1 ," x "\n', { trim: true }, { a: 1, b: ' x ' }],
    ['1,x\n', { header: false }, { column_1: 1, column_2: 'x' }],
    ['Report "x\r\n2024\n\ra,b\r\n1,2', { skipLines: 3 }, { a: 1, b: 2 }],
    ['a,a,a_2\n1,2,3\n', { renameDuplicates: true }, { a: 1, a_3: 2, a_2: 3 }],
    ['\n\r\n\na\n1\n', {}, { a: 1 }],
  ]
  for (const size of sizes) {
    for (const [text, options, record] of inputs) {
      t.strictSame(await parse(text, options, size), { records: [record], error: undefined }, text)
    }
  }
})

t.test('counts the lines before the header', async (t) => {
  for (const size of sizes) {
    const { rejections } = await parseLeniently('x\ny\nsep=;\n\n#c\na;b\n1\n', { skipLines: 2, comment: '#' }, size)
    t.match(rejections, [{ line: 7, reason: 'it has 1 cell, and the header has 2 cells' }])
  }
  t.strictSame(await parse('a\nb\n', { skipLines: 5 }), { records: [], error: undefined })
})

t.test('keeps the digits of numbers that are none', async (t) => {
  const text = 'id,wide,mixed\n888E010010,18446744073709551615,123456789012345678901234567890\n7,1,1.5\n'
  t.strictSame((await parse(text)).records, [
    { id: '888E010010', wide: '18446744073709551615', mixed: '123456789012345678901234567890' },
    { id: '7', wide: '1', mixed: '1.5' },
  ])
})
