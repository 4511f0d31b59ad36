/**
 * Random records in random batches, read back by independent readers.
 */
import assert from 'node:assert/strict'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { joinPath } from '../../lib/core/field-path.ts'
import { fileNameOf, type Column } from '../../sinks/columns/column.ts'
import { ColumnInference } from '../../sinks/columns/infer-columns.ts'
import { writeAll } from '../helpers/sink-conformance.ts'
import { variant } from '../helpers/sink-formats.ts'

const directory = t.testdir()
let files = 0

const key = fc.oneof(
  { arbitrary: fc.constantFrom('a', 'b', 'c', 'd'), weight: 8 },
  { arbitrary: fc.constantFrom('', 'a.b', '\\', '__proto__', 'constructor', 'toString', 'é'), weight: 1 },
)
const text = fc.oneof(fc.string({ maxLength: 6 }), fc.constantFrom('', '"', ',', 'a\r\nb', ' x', 'NaN', 'null', '1'))
const leaf = fc.oneof(
  { arbitrary: fc.constantFrom(null, undefined, true, false), weight: 2 },
  { arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }), weight: 2 },
  { arbitrary: fc.integer(), weight: 2 },
  { arbitrary: text, weight: 2 },
  { arbitrary: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') }), weight: 1 },
  { arbitrary: fc.uint8Array({ maxLength: 5 }), weight: 1 },
  { arbitrary: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), weight: 1 },
)
const { record } = fc.letrec<{ record: Record<string, unknown>; value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { arbitrary: leaf, weight: 8 },
    // An object with only undefined fields would be `{}` in JSON text, but have no column.
    { arbitrary: tie('record').map(withoutUndefined), weight: 2 },
    { arbitrary: fc.array(tie('value'), { maxLength: 3 }), weight: 1 },
  ),
  record: fc
    .array(fc.tuple(key, tie('value')), { maxLength: 4 })
    // Object.fromEntries also defines `__proto__` as an own property.
    .map((entries) => Object.fromEntries(entries)),
}))
const records = fc.array(record, { maxLength: 30 })
const sizes = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 6 })

function withoutUndefined(record: object): object {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined))
}

/** Divides records into chunks. A size of 0 means a single record. */
function chunksOf(records: readonly unknown[], sizes: readonly number[]): unknown[] {
  const chunks: unknown[] = []
  for (let from = 0, next = 0; from < records.length; next++) {
    const size = sizes[next % sizes.length] ?? 0
    chunks.push(size === 0 ? records[from] : records.slice(from, from + size))
    from += Math.max(size, 1)
  }
  return chunks
}

/** JSON text according to the value contract: a second implementation, simple and slow. */
function jsonOf(value: unknown): string {
  if (typeof value === 'bigint') return String(value)
  if (Object.is(value, -0)) return '-0'
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('base64'))
  if (value instanceof Date || typeof value !== 'object' || value === null) return JSON.stringify(value ?? null)
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(',')}]`
  const members = Object.entries(value).filter(([, item]) => item !== undefined)
  return `{${members.map(([key, item]) => `${JSON.stringify(key)}:${jsonOf(item)}`).join(',')}}`
}

/** The leaves of a record by column name, without nulls. */
function leavesOf(value: object, path?: string): [string, unknown][] {
  return Object.entries(value).flatMap(([key, item]): [string, unknown][] => {
    const name = joinPath(path, key)
    if (item === null || item === undefined) return []
    const nests = Object.prototype.toString.call(item) === '[object Object]' && Object.keys(item as object).length > 0
    return nests ? leavesOf(item as object, name) : [[name, item]]
  })
}

/** A leaf as text, according to the type of its column. */
function cellTextOf(value: unknown, type: Column['type']): string {
  if (type === 'double') return Object.is(value, -0) ? '-0' : String(Number(value))
  if (typeof value === 'object' && !(value instanceof Date) && !(value instanceof Uint8Array)) return jsonOf(value)
  if (type === 'json') return jsonOf(value)
  if (value instanceof Date) return value.toISOString()
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : String(value)
}

/** A cell from a reader as text, according to the type of its column. */
function readTextOf(cell: unknown, type: Column['type']): string {
  if (cell instanceof Date) return cell.toISOString()
  if (cell instanceof Uint8Array) return Buffer.from(cell).toString(type === 'bytes' ? 'base64' : 'utf8')
  if (Object.is(cell, -0)) return '-0'
  return type === 'json' && typeof cell !== 'string' ? jsonOf(cell) : String(cell)
}

t.test('JSON lines follow the value contract, and equal JSON.stringify where that is correct', async () => {
  const property = fc.asyncProperty(
    records,
    sizes,
    fc.constantFrom('none', 'gzip'),
    async (records, sizes, compression) => {
      const path = join(directory, `${files++}`)
      const { stats } = await writeAll(chunksOf(records, sizes), { format: 'jsonl', compression, path })
      assert.equal(stats.written, records.length)
      const read = await variant('jsonl', compression).read(readFileSync(path))
      assert.deepEqual(
        read,
        records.map((record) => JSON.parse(jsonOf(record))),
      )
      rmSync(path)
    },
  )
  await fc.assert(property, { numRuns: 30 })
})

t.test('JSON lines are the bytes of JSON.stringify for plain JSON', async () => {
  // JSON.stringify makes 0 of -0.
  const value = fc.jsonValue().map((json) => JSON.parse(JSON.stringify(json)) as unknown)
  const plain = fc.array(fc.dictionary(fc.string(), value), { maxLength: 20 })
  const property = fc.asyncProperty(plain, sizes, async (records, sizes) => {
    const path = join(directory, `${files++}`)
    await writeAll(chunksOf(records, sizes), { format: 'jsonl', path })
    assert.equal(readFileSync(path, 'utf8'), records.map((record) => `${JSON.stringify(record)}\n`).join(''))
    rmSync(path)
  })
  await fc.assert(property, { numRuns: 30 })
})

for (const format of ['csv', 'parquet'] as const) {
  const { read } = variant(format)
  t.test(`${format} returns every leaf in its column`, async () => {
    // An empty record at the start of a file is rejected, because there are no columns yet.
    const property = fc.asyncProperty(records, sizes, async (given, sizes) => {
      const records = [{ n: 0 }, ...given]
      const inference = new ColumnInference()
      for (const record of records) inference.add(record)
      const types = new Map(inference.columns.map(({ name, type }) => [name, type]))
      const paths = new Map(inference.columns.map((column) => [fileNameOf(column), column.name]))
      const path = join(directory, `${files++}`)
      const { stats } = await writeAll(chunksOf(records, sizes), { format, path })
      assert.deepEqual([stats.recordsIn, stats.written, stats.rejected], [records.length, records.length, 0])
      const rows = await read(readFileSync(path))
      const got = rows.map((row) =>
        Object.entries(row)
          .filter(([, cell]) => cell !== null && cell !== undefined)
          .map(([name, cell]) => [paths.get(name) ?? name, cell] as const)
          .map(([path, cell]) => [path, readTextOf(cell, types.get(path) ?? null)])
          .sort(),
      )
      const expected = records.map((record) =>
        leavesOf(record)
          .map(([name, value]) => [name, cellTextOf(value, types.get(name) ?? null)])
          .sort(),
      )
      assert.deepEqual(got, expected)
      rmSync(path)
    })
    await fc.assert(property, { numRuns: 30 })
  })
}
