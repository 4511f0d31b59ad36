import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import t from 'tap'
import type { Rejection } from '../../../lib/core/rejection.ts'
import { parseExactJson } from '../../../lib/core/exact-json.ts'
import { parseJsonArray, type ParseJsonArrayOptions } from '../../../transforms/parsing/parse-json-array.ts'

interface Parsed {
  readonly records: unknown[]
  readonly error: unknown
}

async function parse(text: string | Buffer, size: number, options?: ParseJsonArrayOptions): Promise<Parsed> {
  const bytes = Buffer.from(text as string)
  const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  )
  const records: unknown[] = []
  try {
    for await (const record of Readable.from(chunks).pipe(parseJsonArray(options))) records.push(record)
  } catch (error) {
    return { records, error }
  }
  return { records, error: undefined }
}

t.test('returns any array of objects, for any division into chunks', async (t) => {
  const element = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue(), { noNullPrototype: true })
  const size = fc.integer({ min: 1, max: 50 })
  const property = fc.asyncProperty(fc.array(element), size, fc.nat(3), async (elements, size, indent) => {
    const text = JSON.stringify(elements, null, indent)
    const { records, error } = await parse(text, size)
    assert.equal(error, undefined)
    assert.deepStrictEqual(records, parseExactJson(text))
    assert.deepStrictEqual((await parse(text, size, { batches: true })).records.flat(), records)
  })
  await t.resolves(fc.assert(property, { numRuns: 60 }))
})

t.test('parses integers beyond 2^53 exactly, and __proto__ keys as own properties', async (t) => {
  const { records } = await parse('[{"a":[12345678901234567890,1e3],"__proto__":{"x":1}}]', 4)
  t.strictSame((records[0] as { a: unknown }).a, [12345678901234567890n, 1000])
  t.strictSame(Object.keys(records[0] as object), ['a', '__proto__'])
})

t.test('rejects elements that are not objects', async (t) => {
  const text = '[{"a":1}, 5, "x]{y", [[1], {"n":2}], null, true, {"a":2}]'
  for (const size of [1, 7, 1000]) {
    const rejections: Rejection[] = []
    const { records, error } = await parse(text, size, { onReject: (rejection) => void rejections.push(rejection) })
    t.equal(error, undefined)
    t.strictSame(records, [{ a: 1 }, { a: 2 }])
    t.strictSame(
      rejections.map(({ record }) => record),
      [5, 'x]{y', [[1], { n: 2 }], null, true],
    )
    t.match(rejections[0], { stage: 'parse', reason: /^element 2 is 5 \(number\), not an object$/ })
  }
  const { records, error } = await parse('[{"a":1},7,{"a":2}]', 1000)
  t.strictSame(records, [{ a: 1 }])
  t.match(error, { code: 'ERR_SPILLWAY_INPUT', message: /element 2 is 7/ })
})

const broken: readonly [text: string, complete: number, message: RegExp][] = [
  ['[{"a":0},{"a":1} {"a":2}]', 2, /malformed .* at element 3/],
  ['[{"a":0},{"a":}]', 1, /malformed .* at element 2/],
  ['[{"a":0}}', 1, /malformed .* at element 2/],
  ['[{"a":0},{"a":1}', 2, /ends early, at element 3/],
  ['[{"a":0},{"a', 1, /ends early, at element 2/],
  ['[', 0, /ends early, at element 1/],
  ['[{"a":0}] [', 1, /something follows the array/],
  ['{"a":0}', 0, /not an array/],
  ['', 0, /contains no array/],
  ['17', 0, /contains no array/],
]

t.test('emits the complete elements of a malformed document, then always fails', async (t) => {
  for (const [text, complete, message] of broken) {
    for (const size of [1, 3, 1000]) {
      const { records, error } = await parse(text, size, { onReject: () => {} })
      t.strictSame(
        records,
        Array.from({ length: complete }, (_, a) => ({ a })),
        text,
      )
      t.match(error, { code: 'ERR_SPILLWAY_INPUT', message, place: { record: complete + 1 } }, text)
    }
  }
})

t.test('accepts an empty array', async (t) => {
  t.strictSame(await parse(' [ ] ', 1), { records: [], error: undefined })
})

t.test('fails on any kind of element that is longer than the limit', async (t) => {
  const long = [
    '{"a":"' + 'x'.repeat(200) + '"}',
    '"' + 'x'.repeat(200) + '"',
    `[${'1,'.repeat(100)}1]`,
    '1'.repeat(200),
  ]
  for (const element of long) {
    for (const size of [10, 1000]) {
      const { records, error } = await parse(`[{"a":1},${' '.repeat(300)}{"a":2},${element},{"a":3}]`, size, {
        maxElementBytes: 100,
        onReject: () => {},
      })
      t.strictSame(records, [{ a: 1 }, { a: 2 }])
      t.match(error, { code: 'ERR_SPILLWAY_INPUT', message: /`maxElementBytes` \(100\) are taken by element 3/ })
    }
  }
})

t.test('reads UTF-16 by its byte order mark, and other encodings by name', async (t) => {
  const littleEndian = Buffer.from('\ufeff[{"naïve":"日"}]', 'utf16le')
  for (const size of [1, 2, 5, 1000]) {
    t.strictSame((await parse(littleEndian, size)).records, [{ naïve: '日' }])
    t.strictSame((await parse(Buffer.from(littleEndian).swap16(), size)).records, [{ naïve: '日' }])
    const latin = Buffer.from('[{"é":1}]', 'latin1')
    t.strictSame((await parse(latin, size, { encoding: 'windows-1252' })).records, [{ é: 1 }])
  }
})

t.test('fails where bytes are not UTF-8, after the elements before', async (t) => {
  for (const broken of ['{"a":"\xe9"}]', '{"\xe9":1}]', '{"a":"\xc3']) {
    const bytes = Buffer.from(`[{"a":"\xc3\xa9"},\n{"a":2},\n${broken}`, 'latin1')
    for (const size of [1, 2, 5, 1000]) {
      const { records, error } = await parse(bytes, size, { onReject: () => {} })
      t.strictSame(records, [{ a: 'é' }, { a: 2 }])
      t.match(error, {
        code: 'ERR_SPILLWAY_INPUT',
        message: /bytes that are not UTF-8 .* at element 3 on line 3/,
        place: { record: 3, line: 3 },
      })
    }
  }
})

t.test('reads an array within the document', async (t) => {
  const document =
    '{"meta":{"items":[1],"n":[[{}]]},"data":{"x":null,"items":[{"a":1},\n{"items":[{"a":2}]}]},"z":[{"a":3}]}'
  const inputs: [string, string, unknown[]][] = [
    [document, 'data.items', [{ a: 1 }, { items: [{ a: 2 }] }]],
    [document, 'z', [{ a: 3 }]],
    ['{"a.b":[{"c":1}],"a":{"b":[{"c":2}]}}', 'a\\.b', [{ c: 1 }]],
    ['{"a":[]}', 'a', []],
  ]
  for (const size of [1, 7, 1000]) {
    for (const [text, path, records] of inputs) {
      t.strictSame(await parse(text, size, { path }), { records, error: undefined }, path)
    }
    const wide = `{"skip":${JSON.stringify(Array(100).fill('x'.repeat(20)))},"a":[{"b":1}]}`
    t.strictSame(await parse(wide, size, { path: 'a', maxElementBytes: 50 }), { records: [{ b: 1 }], error: undefined })
  }
})

t.test('fails when there is no array at the path, or when the rest is not JSON', async (t) => {
  const inputs: [string, RegExp][] = [
    ['{"a":{"c":[{}]}}', /it has nothing at the path a\.b/],
    ['{"a":{"b":{"c":1}}}', /there is no array at the path a\.b/],
    ['{"a":{"b":5}}', /there is no array at the path a\.b/],
    ['[{"a":1}]', /it has nothing at the path a\.b/],
    ['{"a":{"b":[', /ends early, at element 1/],
    ['{"a":{', /ends early/],
    ['{"a":{"b":[]}', /ends early, at element 1/],
    ['{"a":{"b":[],}}', /malformed/],
    ['{"a":{"b":[]}} 1', /something follows|malformed/],
  ]
  for (const size of [1, 1000]) {
    for (const [text, message] of inputs) {
      t.match((await parse(text, size, { path: 'a.b' })).error, { code: 'ERR_SPILLWAY_INPUT', message }, text)
    }
  }
})

t.test('rejects an element with a number that no double is near, and keeps -0', async (t) => {
  const rejections: Rejection[] = []
  const { records, error } = await parse('[{"a":-0},{"a":[1e400,1]},{"a":1e-400},{"a":0e999}]', 3, {
    onReject: (rejection) => void rejections.push(rejection),
  })
  t.equal(error, undefined)
  t.strictSame(records, [{ a: -0 }, { a: 0 }])
  t.ok(Object.is((records[0] as { a: number }).a, -0))
  t.match(rejections, [
    {
      reason: 'element 2: its number 1e400 is beyond the range of numbers (write it as text to keep it)',
      record: { a: ['1e400', 1] },
    },
    { reason: /^element 3: its number 1e-400/, record: { a: '1e-400' } },
  ])
})
