/**
 * Records that are written together give the same bytes as records written one by one.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { JsonText } from '../../../sinks/values/json-text.ts'
import { JsonlWriter } from '../../../sinks/text/jsonl-writer.ts'

/** Writes `records`. Returns the text, and the indices of refused records. */
async function write(records: readonly unknown[]): Promise<[text: string, refused: number[]]> {
  const writer = new JsonlWriter({ compression: 'none', nonFinite: 'null' })
  const refused: number[] = []
  let text = ''
  for (let index = 0; index < records.length;) {
    index = writer.write(records, index, records.length)
    if (writer.refusal !== undefined) refused.push(index++)
    for await (const piece of writer.take()) text += Buffer.from(piece).toString()
  }
  assert.equal(writer.rows, records.length - refused.length)
  return [text, refused]
}

function oneByOne(records: readonly unknown[]): [text: string, refused: number[]] {
  const json = new JsonText('null')
  const lines = records.map((record) => json.ofRecord(record))
  const refused = [...lines.keys()].filter((index) => lines[index] === undefined)
  return [lines.map((line) => (line === undefined ? '' : `${line}\n`)).join(''), refused]
}

async function assertSame(records: readonly unknown[]): Promise<void> {
  assert.deepEqual(await write(records), oneByOne(records))
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

t.test('writes any records in the same way as one by one', async () => {
  await fc.assert(fc.asyncProperty(fc.array(record, { maxLength: 60 }), assertSame), { numRuns: 1000 })
})

t.test('is correct for lists of objects that begin like the records', async () => {
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
