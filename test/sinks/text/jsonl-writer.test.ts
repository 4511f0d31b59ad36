/**
 * Records that are written together give the same bytes as records written one by one, and as with arrays turned off.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { JsonText } from '../../../sinks/values/json-text.ts'
import { JsonlWriter, ONE_BY_ONE } from '../../../sinks/text/jsonl-writer.ts'

/** Writes `records` and returns the bytes, each as a character, and the indices of those refused. */
async function write(records: readonly unknown[], mostTogether?: number): Promise<[text: string, refused: number[]]> {
  const writer = new JsonlWriter({ compression: 'none', nonFinite: 'null' }, mostTogether)
  const refused: number[] = []
  const pieces: Buffer[] = []
  for (let index = 0; index < records.length;) {
    index = writer.write(records, index, records.length)
    if (writer.refusal !== undefined) refused.push(index++)
    for await (const piece of writer.take()) pieces.push(Buffer.from(piece))
  }
  assert.equal(writer.rows, records.length - refused.length)
  return [Buffer.concat(pieces).toString('latin1'), refused]
}

function oneByOne(records: readonly unknown[]): [text: string, refused: number[]] {
  const json = new JsonText('null')
  const lines = records.map((record) => json.ofRecord(record))
  const refused = [...lines.keys()].filter((index) => lines[index] === undefined)
  const text = lines.map((line) => (line === undefined ? '' : `${line}\n`)).join('')
  return [Buffer.from(text).toString('latin1'), refused]
}

async function assertSame(records: readonly unknown[]): Promise<void> {
  const expected = oneByOne(records)
  assert.deepEqual(await write(records), expected)
  assert.deepEqual(await write(records, ONE_BY_ONE), expected)
}

const key = fc.constantFrom('a', 'a', 'a', 'b', '1', '', ',', ':},{', '},{"a":', 'ä', '__proto__')
const leaf = fc.oneof(
  fc.string(),
  fc.constantFrom('},{"a":', '"},{', '},{', 'ä', '\u2028', '😀', '\ud800', '\n', null, undefined, true, NaN, 5n),
  fc.double(),
  fc.constantFrom(new Date(0), new Uint8Array(2), { toJSON: () => ({ a: 1 }) }, Symbol.iterator, new Map()),
)
const { value } = fc.letrec<{ value: unknown; object: unknown }>((tie) => ({
  value: fc.oneof({ withCrossShrink: true }, leaf, tie('object'), fc.array(tie('object'), { maxLength: 3 })),
  object: fc.dictionary(key, tie('value'), { maxKeys: 3 }),
}))
const plain = fc.record({ a: fc.oneof(fc.integer(), fc.string(), value), b: fc.array(value, { maxLength: 2 }) })
const record = fc.oneof(
  { weight: 9, arbitrary: plain },
  fc.dictionary(key, value, { maxKeys: 3 }),
  fc.constantFrom<unknown>(
    {},
    { a: undefined, b: 1 },
    [],
    'text',
    null,
    Object.create({ a: 1 }),
    Object.assign(new Date(0), { a: 1 }),
  ),
)

t.test('writes any records as one by one, with arrays and without', async () => {
  await fc.assert(fc.asyncProperty(fc.array(record, { maxLength: 60 }), assertSame), { numRuns: 1000 })
})

/** The arrays that become text during `work`. */
async function arraysDuring(t: Test, work: () => Promise<unknown>): Promise<unknown[][]> {
  const calls = t.capture(JSON, 'stringify', JSON.stringify)
  await work()
  return calls().flatMap(({ args: [value] }) => (Array.isArray(value) ? [value as unknown[]] : []))
}

t.test('makes the bytes of the worked examples', async (t) => {
  const one = { id: 0 }
  const separable = [
    { id: 1, note: 'a' },
    { id: 2, note: '},{"id":' },
  ]
  const lines = '{"id":0}\n{"id":1,"note":"a"}\n{"id":2,"note":"},{\\"id\\":"}\n'
  // The first record tells how many make an array, so it is by itself.
  t.strictSame(await write([one, ...separable]), [lines, []])
  t.strictSame(await arraysDuring(t, () => write([one, ...separable])), [separable])

  const inseparable = [{ id: [{ id: 1 }, { id: 2 }] }, { id: 3 }]
  const rest = Array.from({ length: 9 }, (_, id) => ({ id }))
  const text = [one, ...inseparable, ...rest].map((record) => `${JSON.stringify(record)}\n`).join('')
  t.strictSame(await write([one, ...inseparable, ...rest]), [text, []])
  const arrays = await arraysDuring(t, () => write([one, ...inseparable, ...rest]))
  t.equal(arrays.length, 1, 'after the fallback there are no more arrays')
  t.strictSame(arrays[0]?.slice(0, 2), inseparable)
})

t.test('makes no arrays when they are turned off', async (t) => {
  const records = Array.from({ length: 200 }, (_, id) => ({ id }))
  t.ok((await arraysDuring(t, () => write(records))).length > 1)
  t.strictSame(await arraysDuring(t, () => write(records, ONE_BY_ONE)), [])
})

t.test('is not misled by lists of objects that begin as the records do', async () => {
  const listed = Array.from({ length: 40 }, (_, index) => ({ a: [{ a: index }, { a: 2 }], b: '},{"a":' }))
  await assertSame(listed)
  await assertSame([...Array.from({ length: 40 }, (_, a) => ({ a })), ...listed])
  // There are as many boundaries as records, but the record in between begins with another key.
  await assertSame([{ a: 1 }, { a: 2 }, { b: [{ a: 1 }, { a: 2 }, { a: 3 }] }, { a: 3 }])
  await assertSame([{ a: 1 }, { a: 2 }, { a: undefined, b: [{ a: 1 }, { a: 2 }, { a: 3 }] }, { a: 3 }])
  await assertSame([{ a: 1 }, { a: 2 }, Object.create({ a: [1] }), { a: [{ a: 1 }, { a: 2 }] }])
})

t.test('writes records of any length, long ones after short ones', async () => {
  const lengths = [...Array<number>(100).fill(1), 300_000, 20_000, 5, 5, 100_000, ...Array<number>(300).fill(900)]
  await assertSame(lengths.map((length) => ({ a: 'ä'.repeat(length) })))
})

t.test('refuses a record that throws only when it is read again', async () => {
  const makeUnstable = () => {
    let reads = 0
    return Object.defineProperty({}, 'a', { enumerable: true, get: () => reads++ < 2 || assert.fail('read again') })
  }
  const records = Array.from({ length: 9 }, (_, index) => (index === 5 ? makeUnstable() : { a: index }))
  const [text, refused] = await write(records)
  assert.deepEqual(refused, [5])
  assert.equal(text, oneByOne(records.filter((_, index) => index !== 5))[0])
})
