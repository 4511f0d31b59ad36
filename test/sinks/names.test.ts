/** Names of columns: reading and writing back is the identity, from each format to each other one. */
import assert from 'node:assert/strict'
import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import fc from 'fast-check'
import t from 'tap'
import { joinPath, splitPath } from '../../lib/core/field-path.ts'
import { columnNames } from '../../sinks/columns/column-names.ts'
import { RecordSink } from '../../sinks/record-sink.ts'
import { parquetInfo, readParquet } from '../../sinks/readers/read-parquet.ts'
import { parseCsv } from '../../transforms/parsing/parse-csv.ts'
import { parseJsonl } from '../../transforms/parsing/parse-jsonl.ts'
import type { Format, RecordSinkOptions } from '../../sinks/options.ts'

const directory = t.testdir()
let files = 0

/** Keys with all that is special in paths, in CSV and in JavaScript. */
const key = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', '.', '\\'), minLength: 1, maxLength: 5 }),
  fc.constantFrom('__proto__', 'toString', 'a,b', 'a"b', 'a\nb', 'ü', '😀', ' a ', '1'),
)
const keys = fc.uniqueArray(key, { minLength: 1, maxLength: 6 })
/** A column without a name gets one from a reader of CSV. */
const keysWithEmpty = fc.uniqueArray(fc.oneof({ weight: 9, arbitrary: key }, fc.constant('')), {
  minLength: 1,
  maxLength: 6,
})

t.test('all names of a file differ, and only names that would be the same have backslashes', async () => {
  const path = fc.array(key, { minLength: 1, maxLength: 3 })
  const paths = fc.uniqueArray(path, { maxLength: 12, selector: (one) => JSON.stringify(one) })
  const property = fc.property(paths, fc.infiniteStream(fc.nat()), (given, numbers) => {
    const escaped = given.map((one) => one.reduce<string | undefined>(joinPath, undefined) as string)
    const names = columnNames(escaped)
    assert.equal(new Set(names).size, names.length)
    const plain = escaped.map((one) => splitPath(one).join('.'))
    plain.forEach((name, index) => {
      const isAlone = plain.filter((other) => other === name).length === 1 && !escaped.includes(name)
      if (isAlone) assert.equal(names[index], name)
    })
    // The names do not depend on the order of the columns.
    const shuffled = escaped.map((one) => [numbers.next().value ?? 0, one] as const).sort(([a], [b]) => a - b)
    const again = columnNames(shuffled.map(([, one]) => one))
    assert.deepEqual(
      new Set(shuffled.map(([, one], index) => `${one} ${again[index]}`)),
      new Set(escaped.map((one, index) => `${one} ${names[index]}`)),
    )
  })
  fc.assert(property, { numRuns: 1000 })
})

function reader(format: Format, path: string): Readable {
  if (format === 'parquet') return readParquet(path)
  return createReadStream(path).pipe(format === 'csv' ? parseCsv() : parseJsonl())
}

async function copy(source: Readable | object[], format: Format): Promise<string> {
  const path = join(directory, `${++files}.${format}`)
  const onReject = ({ field, reason }: { field?: string; reason: string }) => {
    throw new Error(`${field}: ${reason}`)
  }
  await pipeline(source, new RecordSink({ path, format, onReject }))
  return path
}

/** Keys and values, with numbers of all kinds as numbers. */
async function read(format: Format, path: string): Promise<[string, unknown][][]> {
  const records = (await reader(format, path).toArray()) as object[]
  return records.map((record) =>
    Object.entries(record).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]),
  )
}

/** Values that CSV has: a text must not look like another type, and a number must be finite. */
const value = fc.oneof(
  fc.double({ min: -1e9, max: 1e9, noNaN: true }).map((number) => (Object.is(number, -0) ? 0 : number)),
  fc.string({ maxLength: 5 }).map((text) => `t${text}`),
  fc.boolean(),
  fc.constant(null),
)
const FORMATS = ['jsonl', 'csv', 'parquet'] as const

for (const one of FORMATS) {
  for (const other of FORMATS) {
    t.test(`from ${one} to ${other} and back`, async () => {
      const hasCsv = one === 'csv' || other === 'csv'
      const table = (hasCsv ? keys : keysWithEmpty).chain((names) =>
        fc.array(fc.tuple(...names.map(() => value)), { minLength: 1, maxLength: 5 }).map((rows) =>
          // The first row fixes the types: all values of a column are those of one kind, or text.
          rows.map((row) =>
            Object.fromEntries(names.map((name, index) => [name, sameKind(rows[0]?.[index], row[index])])),
          ),
        ),
      )
      const property = fc.asyncProperty(table, async (records) => {
        const first = await copy(records, one)
        const second = await copy(reader(one, first), other)
        const third = await copy(reader(other, second), one)
        const [before, between, after] = [await read(one, first), await read(other, second), await read(one, third)]
        assert.deepEqual(between, before)
        assert.deepEqual(after, before)
        for (const path of [first, second, third]) await rm(path)
      })
      await fc.assert(property, { numRuns: 20 })
    })
  }
}

function sameKind(first: unknown, given: unknown): unknown {
  if (given === null || typeof first === typeof given) return given
  return first === null ? null : first
}

t.test('nested and flat fields of one name are two columns, which are read back as they were', async (t) => {
  const records = [
    { m: { x: 1 }, 'm.x': 2 },
    { 'm.x': 3, 'a.b': 4 },
  ]
  const path = await copy(records, 'parquet')
  const { columns } = await parquetInfo(path)
  t.strictSame(
    columns.map(({ name }) => name),
    ['m.x', 'm\\.x', 'a.b'],
  )
  t.strictSame(await readParquet(path, { nest: true }).toArray(), [
    { m: { x: 1 }, 'm.x': 2, a: { b: null } },
    { m: { x: null }, 'm.x': 3, a: { b: 4 } },
  ])
})

async function reasonsOf(records: object[], options: Partial<RecordSinkOptions>): Promise<string[]> {
  const reasons: string[] = []
  const onReject = ({ reason }: { reason: string }) => void reasons.push(reason)
  await pipeline(
    records,
    new RecordSink({ format: 'csv', path: join(directory, `${++files}.csv`), onReject, ...options }),
  )
  return reasons
}

t.test('a field whose name is that of another column is rejected with the remedy', async (t) => {
  t.strictSame(await reasonsOf([{ m: { x: 1 } }, { 'm.x': 2 }], { inferRows: 1 }), [
    'the file has no column for it: the column `m.x` takes the field `m.x`. Name `m\\.x` in the `schema`, or read the records with `nest: true`',
  ])
  t.strictSame(await reasonsOf([{ 'm.x': 2 }, { m: { x: 1 } }], { inferRows: 1 }), [
    'the file has no column for it: the column `m.x` takes the field `m\\.x`. Name `m.x` in the `schema`',
  ])
  const schema = { 'm.x': 'double', 'm\\.x': 'double' } as const
  t.strictSame(await reasonsOf([{ m: { x: 1 }, 'm.x': 'text' }], { schema }), [
    "'text' (string) does not fit its column of type double",
  ])
})

t.test('a rejection does not repeat a long name', async (t) => {
  const long = `m.${'x'.repeat(100_000)}`
  const [reason = ''] = await reasonsOf([{ m: { ['x'.repeat(100_000)]: 1 } }, { [long]: 2 }], { inferRows: 1 })
  t.match(reason, 'takes the field')
  t.ok(reason.length < 1000)
})

t.test('a record that cannot be nested is bad input', async (t) => {
  const path = await copy([{ a: 1, 'a.b': 2 }], 'parquet')
  await t.rejects(readParquet(path, { nest: true }).toArray(), {
    code: 'ERR_SPILLWAY_INPUT',
    message: /both a and a column below it .* have a value\. Read the file without `nest`/,
  })
  const csv = await copy([{ a: 1, 'a.b': 2 }], 'csv')
  await t.rejects(
    createReadStream(csv)
      .pipe(parseCsv({ nest: true }))
      .toArray(),
    { code: 'ERR_SPILLWAY_INPUT' },
  )
})
