/** Lists, structs and maps: what is written is what our reader, DuckDB and arrow-rs read. */
import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { tableFromIPC } from '@uwdata/flechette'
import fc from 'fast-check'
import { readParquet as readByArrow } from 'parquet-wasm'
import t from 'tap'
import type { Schema } from '../../../sinks/columns/column.ts'
import type { ColumnType, FieldType } from '../../../sinks/columns/column-type.ts'
import { ParquetSink } from '../../../sinks/parquet-sink.ts'
import { parquetInfo, readParquet } from '../../../sinks/readers/read-parquet.ts'
import { openDuckDb } from './readers.ts'

const connection = await openDuckDb()
t.teardown(() => connection.closeSync())
const directory = t.testdir()
let files = 0

/** A type, and values of it that are the same as JSON. */
interface Sample {
  readonly type: ColumnType
  readonly value: fc.Arbitrary<unknown>
}

const leaf: fc.Arbitrary<Sample> = fc.constantFrom<Sample[]>(
  { type: 'boolean', value: fc.boolean() },
  { type: 'int32', value: fc.integer() },
  {
    type: 'double',
    value: fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0)),
  },
  { type: 'utf8', value: fc.oneof(fc.string({ unit: 'grapheme', maxLength: 5 }), fc.constantFrom('a', 'b')) },
  { type: 'decimal(5,2)', value: fc.integer({ min: -99_999, max: 99_999 }).map((cents) => (cents / 100).toFixed(2)) },
)

const sampleOf: fc.Memo<Sample> = fc.memo((depth) =>
  depth <= 1 ? leaf : fc.oneof(leaf, listOf(depth), structOf(depth), mapOf(depth)),
)

function nullable({ type, value }: Sample): fc.Arbitrary<[FieldType, fc.Arbitrary<unknown>]> {
  return fc
    .boolean()
    .map((required) => [required ? { type, nullable: false } : type, required ? value : fc.option(value, { freq: 4 })])
}

function listOf(depth: number): fc.Arbitrary<Sample> {
  return sampleOf(depth - 1)
    .chain(nullable)
    .map(([item, value]) => ({ type: { list: item }, value: fc.array(value, { maxLength: 4 }) }))
}

function structOf(depth: number): fc.Arbitrary<Sample> {
  const fields = fc.array(sampleOf(depth - 1).chain(nullable), { minLength: 1, maxLength: 3 })
  return fields.map((found) => ({
    type: { struct: Object.fromEntries(found.map(([type], index) => [`f${index}`, type])) },
    value: fc.record(Object.fromEntries(found.map(([, value], index) => [`f${index}`, value])), {
      noNullPrototype: true,
    }),
  }))
}

function mapOf(depth: number): fc.Arbitrary<Sample> {
  return sampleOf(depth - 1)
    .chain(nullable)
    .map(([item, value]) => ({
      type: { map: { key: 'utf8', value: item } },
      value: fc.dictionary(fc.constantFrom('a', 'b', '__proto__', ''), value, { maxKeys: 3, noNullPrototype: true }),
    }))
}

const tableArbitrary = fc.array(sampleOf(4).chain(nullable), { minLength: 1, maxLength: 3 }).chain((columns) =>
  fc.record({
    schema: fc.constant<Schema>(Object.fromEntries(columns.map(([type], index) => [`c${index}`, type]))),
    records: fc.array(
      fc.record(Object.fromEntries(columns.map(([, value], index) => [`c${index}`, value])), { noNullPrototype: true }),
      {
        minLength: 1,
        maxLength: 30,
      },
    ),
  }),
)

async function write(records: readonly object[], options: object): Promise<string> {
  const path = join(directory, `${++files}.parquet`)
  const rejected: string[] = []
  await pipeline(
    [...records],
    new ParquetSink({ path, ...options, onReject: ({ field, reason }) => void rejected.push(`${field}: ${reason}`) }),
  )
  assert.deepEqual(rejected, [])
  return path
}

async function read(path: string): Promise<unknown[]> {
  return await readParquet(path).toArray()
}

/** Values in the form in which all readers can be compared: maps are sorted, and numbers of decimals are text. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown
}

t.test('our reader gives what was written', async () => {
  const property = fc.asyncProperty(tableArbitrary, fc.integer({ min: 1, max: 9 }), async (table, rowGroupRows) => {
    const path = await write(table.records, { schema: table.schema, rowGroupRows })
    assert.deepEqual(await read(path), table.records)
    rmSync(path)
  })
  await fc.assert(property, { numRuns: 150 })
})

t.test('the schema of a file is the one it was written with', async () => {
  const property = fc.asyncProperty(tableArbitrary, async ({ records, schema }) => {
    const path = await write(records, { schema })
    const { columns } = await parquetInfo(path)
    const again = Object.fromEntries(
      columns.map(({ name, columnType, nullable }) => [name, { type: columnType, nullable }]),
    )
    const copy = await write((await read(path)) as object[], { schema: again })
    assert.deepEqual((await parquetInfo(copy)).columns, columns)
    assert.deepEqual(plain(await read(copy)), plain(records))
    rmSync(path)
    rmSync(copy)
  })
  await fc.assert(property, { numRuns: 60 })
})

t.test('DuckDB reads what was written', async () => {
  const property = fc.asyncProperty(tableArbitrary, async ({ records, schema }) => {
    const path = await write(records, { schema })
    const json = join(directory, `${files}.json`)
    // Its own way back: DuckDB writes its reading as JSON. A map of DuckDB may repeat no key, and has decimals as numbers.
    await connection.run(`COPY (FROM '${path}') TO '${json}' (FORMAT json)`)
    const { columns } = await parquetInfo(path)
    const types = (await connection.runAndReadAll(`DESCRIBE FROM '${path}'`)).getRowObjects()
    const described = types.map(({ column_name, column_type }) => `'${String(column_name)}': '${String(column_type)}'`)
    writeFileSync(`${json}l`, records.map((record) => JSON.stringify(record)).join('\n'))
    const expected = `read_json('${json}l', format = 'newline_delimited', columns = {${described.join(', ')}})`
    for (const [one, other] of [
      [`'${path}'`, expected],
      [expected, `'${path}'`],
    ] as const) {
      const result = await connection.runAndReadAll(`SELECT count(*) AS n FROM (FROM ${one} EXCEPT ALL FROM ${other})`)
      assert.deepEqual(result.getRowObjects(), [{ n: 0n }], JSON.stringify([columns, records]))
    }
    for (const file of [path, json, `${json}l`]) rmSync(file)
  })
  await fc.assert(property, { numRuns: 60 })
})

t.test('arrow-rs reads what was written', async () => {
  const property = fc.asyncProperty(tableArbitrary, async ({ records, schema }) => {
    const path = await write(records, { schema })
    const { readFileSync } = await import('node:fs')
    const table = tableFromIPC(readByArrow(readFileSync(path)).intoIPCStream(), { useMap: false, useDecimalInt: false })
    assert.equal(table.numRows, records.length)
    assert.deepEqual(comparable(table.toArray()), comparable(records))
    rmSync(path)
  })
  await fc.assert(property, { numRuns: 60 })
})

/** Its client gives decimals as numbers that are not exact, and maps as pairs. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return Array.from(value as unknown[], comparable)
  if (typeof value === 'string' && /^-?\d+\.\d\d$/.test(value)) return comparable(Number(value))
  if (typeof value === 'number') return Number(value.toPrecision(15))
  if (typeof value !== 'object' || value === null) return value ?? null
  const entries = Object.entries(value)
  return entries.map(([key, item]) => [key, comparable(item)])
}
