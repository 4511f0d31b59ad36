/**
 * A record is written as the row of its cells for any order of its keys, or it is refused.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Column } from '../../../sinks/columns/column.ts'
import { resolveCsvDialect } from '../../../sinks/text/csv-dialect.ts'
import { rowsToText } from '../../../sinks/text/csv-text.ts'
import { CsvWriter } from '../../../sinks/text/csv-writer.ts'

const dialect = resolveCsvDialect({ header: false })
const toText = rowsToText(dialect)

const makeColumns = (): Column[] => [
  { name: 'id', type: 'double', nullable: false },
  { name: 'text', type: 'utf8' },
  { name: 'nested.value', type: 'double' },
  { name: 'nested.text', type: 'utf8' },
  { name: 'last', type: 'int64' },
]

const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(-0, NaN, Infinity, 1e21, 5e-324, 2 ** 53))
const nothing = fc.constantFrom(null, undefined)
const text = fc.oneof(fc.string(), fc.constantFrom('', ',', '"', '\r', 'a\nb', '\ud800', '😀', 'x'.repeat(20_000)))
const refused = fc.constant(Symbol.iterator)
const mostly = <Value>(usual: fc.Arbitrary<Value>) =>
  fc.oneof<[fc.MaybeWeightedArbitrary<unknown>, ...fc.MaybeWeightedArbitrary<unknown>[]]>(
    { weight: 16, arbitrary: usual },
    { weight: 3, arbitrary: nothing },
    { weight: 1, arbitrary: refused },
  )

/** An object with its keys in any order, some of them missing. (An empty object would be a value without a column.) */
function shuffled(fields: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<Record<string, unknown>> {
  const names = Object.keys(fields)
  return fc
    .tuple(fc.record(fields), fc.oneof(fc.constant(names), fc.shuffledSubarray(names, { minLength: 1 })))
    .map(([values, keys]) => Object.fromEntries(keys.map((key) => [key, values[key]])))
}

const record = shuffled({
  id: mostly(number),
  text: mostly(text),
  nested: shuffled({ value: mostly(number), text: mostly(text) }),
  last: mostly(fc.integer()),
})

function cellsOf(record: Record<string, unknown>): unknown[] {
  const nested = (record['nested'] ?? {}) as Record<string, unknown>
  return [record['id'], record['text'], nested['value'], nested['text'], record['last']]
}

function rowOf(record: Record<string, unknown>): string | undefined {
  const cells = cellsOf(record)
  if ((cells[0] ?? null) === null || cells.some((cell) => typeof cell === 'symbol')) return undefined
  const texts = cells.map((cell) => ((cell ?? null) === null ? null : textOf(cell).toWellFormed()))
  return toText([texts])
}

async function write(records: readonly unknown[]): Promise<[text: string, refused: number[]]> {
  const writer = new CsvWriter(makeColumns(), { compression: 'none', dialect })
  const refused: number[] = []
  let text = ''
  for (let index = 0; index < records.length;) {
    index = writer.write(records, index, records.length)
    if (writer.refusal !== undefined) refused.push(index++)
    if (writer.full) for await (const piece of writer.take()) text += Buffer.from(piece).toString()
  }
  for await (const piece of writer.take()) text += Buffer.from(piece).toString()
  assert.equal(writer.rows, records.length - refused.length)
  const lone = records.flatMap((record) => (rowOf(record as Record<string, unknown>) === undefined ? [] : record))
  const expected = lone
    .flatMap((record) => cellsOf(record as Record<string, unknown>))
    .filter((cell) => typeof cell === 'string' && !cell.isWellFormed()).length
  assert.equal(writer.changed.surrogates, expected)
  return [text, refused]
}

t.test('a record is the row of its cells, for any order of its keys', async () => {
  const property = fc.asyncProperty(fc.array(record, { maxLength: 40 }), async (records) => {
    const rows = records.map(rowOf)
    const refused = [...rows.keys()].filter((index) => rows[index] === undefined)
    assert.deepEqual(await write(records), [rows.map((row) => row ?? '').join(''), refused])
  })
  await fc.assert(property, { numRuns: 300 })
})

t.test('many numbers are written in the same way as each alone', async () => {
  const numbers = fc.array(number, { minLength: 3000, maxLength: 3000 })
  const property = fc.asyncProperty(numbers, async (numbers) => {
    const records = numbers.map((id) => ({ id }))
    assert.deepEqual(await write(records), [numbers.map((id) => `${textOf(id)},,,,\n`).join(''), []])
  })
  await fc.assert(property, { numRuns: 20 })
})

/** The text of a value, which for -0 is not that of `String`. */
function textOf(value: unknown): string {
  return Object.is(value, -0) ? '-0' : String(value)
}
