import assert from 'node:assert/strict'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import fc from 'fast-check'
import t from 'tap'
import type { Rejection } from '../../../lib/core/rejection.ts'
import { parseJsonl, type ParseJsonlOptions } from '../../../transforms/parsing/parse-jsonl.ts'

function* cut(text: string | Buffer, sizes: readonly number[]): Generator<Buffer> {
  const bytes = Buffer.from(text as string)
  for (let from = 0, i = 0; from < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1
    yield bytes.subarray(from, from + size)
    from += size
  }
}

async function parse(chunks: Iterable<Buffer>, options?: ParseJsonlOptions): Promise<unknown[]> {
  const records: unknown[] = []
  for await (const record of Readable.from(chunks).pipe(parseJsonl(options))) records.push(record)
  return records
}

async function parseLeniently(text: string | Buffer, sizes: readonly number[], options?: ParseJsonlOptions) {
  const rejections: Rejection[] = []
  const onReject = (rejection: Rejection) => void rejections.push(rejection)
  return { records: await parse(cut(text, sizes), { ...options, onReject }), rejections }
}

/** JSON text of a record whose values may be bigints. */
function line(record: Record<string, unknown>): string {
  const members = Object.entries(record).map(
    ([key, value]) => `${JSON.stringify(key)}:${typeof value === 'bigint' ? value : JSON.stringify(value)}`,
  )
  return `{${members.join(',')}}`
}

const big = fc.bigInt({ min: 2n ** 53n, max: 2n ** 80n })
const key = fc.string({ unit: 'binary' }).filter((name) => name !== '__proto__')
const record = fc.dictionary(key, fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.boolean(), big), {
  noNullPrototype: true,
})
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 10 })
const lineEnd = fc.constantFrom('\n', '\r\n')

t.test('returns records, also with bigints, for any division into chunks', async (t) => {
  const property = fc.asyncProperty(
    fc.array(record),
    sizes,
    lineEnd,
    fc.boolean(),
    async (records, sizes, end, ended) => {
      const text = records.map(line).join(end) + (ended ? end : '')
      assert.deepStrictEqual(await parse(cut(text, sizes)), records)
      assert.deepStrictEqual((await parse(cut(text, sizes), { batches: true })).flat(), records)
    },
  )
  await t.resolves(fc.assert(property))
})

t.test('never loses a good line because of a bad one, and reports the number of each bad line', async (t) => {
  const bad = fc.constantFrom('{', '[1]', '5', 'null', '"text"', 'x', '{"a":1}}', `{"a":"${'x'.repeat(300)}"}`)
  const property = fc.asyncProperty(fc.array(fc.oneof(fc.integer(), bad)), sizes, async (lines, sizes) => {
    const text = lines.map((one) => (typeof one === 'number' ? `{"n":${one}}` : one)).join('\n')
    const { records, rejections } = await parseLeniently(text, sizes, { maxLineBytes: 200 })
    assert.deepStrictEqual(
      records,
      lines.filter((one) => typeof one === 'number').map((n) => ({ n })),
    )
    const expected = lines.flatMap((one, index) =>
      typeof one === 'string' ? [{ line: index + 1, record: one.slice(0, 200) }] : [],
    )
    assert.deepStrictEqual(
      rejections.map(({ line, record }) => ({ line, record })),
      expected,
    )
  })
  await t.resolves(fc.assert(property))
})

t.test('skips empty lines and counts them', async (t) => {
  const { records, rejections } = await parseLeniently('\n{"a":1}\r\n\r\n  \nbad\n', [3])
  t.strictSame(records, [{ a: 1 }])
  t.match(rejections, [{ stage: 'parse', line: 5, record: 'bad', reason: /not JSON/ }])
})

t.test('removes a byte order mark', async (t) => {
  t.strictSame(await parse(cut('\ufeff{"a":1}', [1])), [{ a: 1 }])
})

t.test('parses a last line without its end, and rejects a torn one', async (t) => {
  t.strictSame(await parse(cut('{"a":1}\n{"a":2}', [5])), [{ a: 1 }, { a: 2 }])
  const { records, rejections } = await parseLeniently('{"a":1}\n{"a":', [5])
  t.strictSame(records, [{ a: 1 }])
  t.match(rejections, [{ line: 2, record: '{"a":' }])
})

t.test('fails on the first bad line after every record before it', async (t) => {
  const records: unknown[] = []
  const stream = Readable.from(cut('{"a":1}\n{"a":2}\n[3]\n{"a":4}\n', [100])).pipe(parseJsonl())
  await t.rejects(
    async () => {
      for await (const record of stream) records.push(record)
    },
    { code: 'ERR_SPILLWAY_INPUT', place: { line: 3 }, message: /Line 3 .* not a record but an array.*onReject/ },
  )
  t.strictSame(records, [{ a: 1 }, { a: 2 }])
})

t.test('makes a __proto__ key an own property', async (t) => {
  for (const text of ['{"__proto__":{"x":1}}', '{"__proto__":{"x":12345678901234567890}}']) {
    const [record] = (await parse(cut(text, [100]))) as [object]
    t.strictSame(Object.keys(record), ['__proto__'])
    t.equal(Object.getPrototypeOf(record), Object.prototype)
  }
})

t.test('rejects a line of 64 MB with its first characters, and reads the lines before and after it', async (t) => {
  const piece = Buffer.alloc(64 * 1024, 'x')
  function* chunks() {
    yield Buffer.from('{"a":1}\n{"a":"')
    for (let i = 0; i < 1024; i++) yield piece
    yield Buffer.from('"}\n{"a":2}\n')
  }
  const rejections: Rejection[] = []
  t.strictSame(await parse(chunks(), { onReject: (rejection) => void rejections.push(rejection) }), [
    { a: 1 },
    { a: 2 },
  ])
  t.match(rejections, [{ line: 2, reason: /longer than `maxLineBytes` \(16777216\)/ }])
  t.equal((rejections[0]?.record as string).length, 1_000_000)
})

t.test('reads a long line within the limit', async (t) => {
  const value = 'x'.repeat(8_000_000)
  t.strictSame(await parse(cut(`{"a":"${value}"}\n{"a":2}`, [65536])), [{ a: value }, { a: 2 }])
})

t.test('can be destroyed in the middle of a line', async (t) => {
  const stream = parseJsonl()
  stream.write('{"a":1}\n{"a":')
  t.strictSame(stream.read(), { a: 1 })
  stream.destroy()
  await new Promise((resolve) => stream.once('close', resolve))
  t.ok(stream.destroyed)
})

t.test('stops pipeline() when the source fails in the middle of a line', async (t) => {
  const source = Readable.from(
    (function* () {
      yield '{"a":1}\n{"a":'
      throw new Error('torn cable')
    })(),
  )
  const sink = new Writable({ objectMode: true, write: (_record, _encoding, done) => done() })
  await t.rejects(pipeline(source, parseJsonl(), sink), { message: 'torn cable' })
})

t.test('refuses wrong options', async (t) => {
  t.throws(() => parseJsonl({ maxLineBytes: 0 }), { code: 'ERR_SPILLWAY_OPTION' })
  t.throws(() => parseJsonl({ maxLineBytes: 2 ** 40 }), { code: 'ERR_SPILLWAY_OPTION' })
  t.throws(() => parseJsonl({ maxLine: 1 } as ParseJsonlOptions), {
    code: 'ERR_SPILLWAY_OPTION',
    message: /maxLineBytes/,
  })
})

t.test('reads UTF-16 by its byte order mark, and other encodings by name', async (t) => {
  const text = '{"naïve":"日"}\n{"naïve":"é"}'
  const littleEndian = Buffer.from(`\ufeff${text}`, 'utf16le')
  for (const size of [1, 2, 5, 1000]) {
    for (const bytes of [littleEndian, Buffer.from(littleEndian).swap16()]) {
      t.strictSame((await parseLeniently(bytes, [size])).records, [{ naïve: '日' }, { naïve: 'é' }])
    }
    const latin = Buffer.from('{"é":"ï"}', 'latin1')
    t.strictSame((await parseLeniently(latin, [size], { encoding: 'latin1' })).records, [{ é: 'ï' }])
  }
})

t.test('rejects only the lines whose bytes are not UTF-8, in values and keys', async (t) => {
  const bytes = Buffer.from(
    '{"a":"\xc3\xa9"}\r\n{"a":"\xe9"}\r\n{"\xe9":1}\n{"a":"\xef\xbf\xbd"}\n{"a":"\xc3',
    'latin1',
  )
  for (const size of [1, 2, 5, 1000]) {
    const { records, rejections } = await parseLeniently(bytes, [size])
    t.strictSame(records, [{ a: 'é' }, { a: '\ufffd' }])
    t.match(rejections, [
      { line: 2, reason: /bytes that are not UTF-8/, record: '{"a":"\ufffd"}' },
      { line: 3, record: '{"\ufffd":1}' },
      { line: 5, record: '{"a":"\ufffd' },
    ])
  }
})

t.test('rejects a line with a number that no double is near, and keeps -0', async (t) => {
  const lines = [
    '{"a":-0}',
    '{"a":1e400}',
    '{"a":[-1e999]}',
    '{"a":1E-0400}',
    `{"a":${'1'.repeat(400)}.5}`,
    '{"a":0e999}',
  ]
  for (const size of [1, 5, 1000]) {
    const { records, rejections } = await parseLeniently(lines.join('\n'), [size])
    t.strictSame(records, [{ a: -0 }, { a: 0 }])
    t.ok(Object.is((records[0] as { a: number }).a, -0))
    t.strictSame(
      rejections.map(({ line }) => line),
      [2, 3, 4, 5],
    )
    t.match(rejections[0], { reason: 'its number 1e400 is beyond the range of numbers (write it as text to keep it)' })
    t.ok(rejections.every(({ reason }) => reason.length < 300))
  }
})

t.test('rejects a line that is nested too deeply', async (t) => {
  const depth = 100_000
  const deep = `{"a":12345678901234567890,"b":${'['.repeat(depth)}${']'.repeat(depth)}}`
  const { records, rejections } = await parseLeniently(`${deep}\n{"a":1}\n`, [1_000_000])
  t.strictSame(records, [{ a: 1 }])
  t.match(rejections, [{ line: 1, reason: 'it is nested too deeply' }])
})
