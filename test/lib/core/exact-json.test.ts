import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { exactNumber, mayLoseDigits, parseExactJson } from '../../../lib/core/exact-json.ts'

t.test('parses integers beyond 2^53 exactly, and everything else like JSON.parse', async (t) => {
  t.strictSame(parseExactJson('{"a": 9007199254740993, "b":[-12345678901234567890], "c": 9007199254740991}'), {
    a: 9007199254740993n,
    b: [-12345678901234567890n],
    c: 9007199254740991,
  })
  const others =
    '{"a":1234567890123456789.5,"b":12345678901234567890e3,"c":"12345678901234567890","12345678901234567890":1}'
  t.strictSame(parseExactJson(others), JSON.parse(others))
  t.strictSame(parseExactJson('{"a":12345678901234567890,"12345678901234567890":"\\"12345678901234567890"}'), {
    a: 12345678901234567890n,
    '12345678901234567890': '"12345678901234567890',
  })
})

t.test('makes a __proto__ key an own property on both code paths', async (t) => {
  for (const text of ['{"__proto__":{"x":1}}', '{"__proto__":{"x":12345678901234567890}}']) {
    const value = parseExactJson(text) as object
    t.strictSame(Object.keys(value), ['__proto__'])
    t.equal(Object.getPrototypeOf(value), Object.prototype)
  }
})

t.test('refuses the same text as JSON.parse', async (t) => {
  const texts = [
    '{12345678901234567890:1}',
    '{"a":012345678901234567890}',
    '{"a":12345678901234567890x}',
    '{"a":--12345678901234567}',
  ]
  for (const text of texts) t.throws(() => parseExactJson(text), SyntaxError, text)
})

t.test('reads a number literal', async (t) => {
  t.equal(exactNumber('9007199254740991'), 9007199254740991)
  t.equal(exactNumber('9007199254740992'), 9007199254740992n)
  t.equal(exactNumber('1e300'), 1e300)
  t.equal(exactNumber('10000000000000000000.5'), 10000000000000000000.5)
})

/** JSON text of values that contain bigints. */
function jsonOf(value: unknown): string {
  if (typeof value === 'bigint') return String(value)
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{${Object.entries(value)
    .map(([key, member]) => `${JSON.stringify(key)}:${jsonOf(member)}`)
    .join(',')}}`
}

const big = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).filter((value) => !Number.isSafeInteger(Number(value)))
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  big.map(String),
  fc.constantFrom('\\', '"', '\\"1234567890123456789'),
)
const { value: values } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    big,
    text,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    tie('list'),
    tie('object'),
  ),
  list: fc.array(tie('value'), { maxLength: 4 }),
  object: fc.dictionary(text, tie('value'), { maxKeys: 4 }),
}))

t.test('returns any value with its bigints', async (t) => {
  const property = fc.property(values, (value) => {
    const json = jsonOf([value])
    assert.equal(jsonOf(parseExactJson(json)), json)
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 300 }))
})

t.test('always finds sixteen digits where a number may be', async (t) => {
  const property = fc.property(big, fc.string(), fc.string(), (value, before, after) =>
    mayLoseDigits(Buffer.from(`{${JSON.stringify(before)}:${value},"z":${JSON.stringify(after)}}`)),
  )
  t.doesNotThrow(() => fc.assert(property, { numRuns: 200 }))
})

t.test('ignores fractions, strings of digits and short numbers', async (t) => {
  t.notOk(mayLoseDigits(Buffer.from('{"a":0.12345678901234567,"b":"1234567890123456789","c":123456789012345}')))
})

t.test('finds each number with a long exponent, and none in text', async (t) => {
  for (const number of ['1e400', '-1.5E+308', '1e-0400', '0.1e999', '12e1000']) {
    for (const before of ['{"a":', '{"bc":', '{"def": ', '{"a":[', '{"a":[1,']) {
      t.ok(mayLoseDigits(Buffer.from(`${before}${number}}`)), number)
      t.ok(mayLoseDigits(Buffer.from(`${before}${number},"z":1}`)), number)
    }
  }
  t.notOk(mayLoseDigits(Buffer.from('{"a":1e30,"b":"a1e4-e123-4e567-x1e400","e1234":"f1E-400"}')))
})

t.test('refuses numbers that no double is near', async (t) => {
  for (const literal of ['1e309', '-1e400', '1e-400', '0.001e-999', `${'9'.repeat(400)}.0`]) {
    t.throws(() => exactNumber(literal), { message: /beyond the range of numbers/ }, literal)
    t.throws(() => parseExactJson(`{"a":${literal}}`), { name: 'NumberOutOfRange' }, literal)
  }
  t.equal(exactNumber('0e999'), 0)
  t.ok(Object.is(exactNumber('-0.0e999'), -0))
  t.equal(exactNumber('1e308'), 1e308)
  t.strictSame(parseExactJson('{"a":"x 1e400","b":1e-320}'), { a: 'x 1e400', b: 1e-320 })
})
