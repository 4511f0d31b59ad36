import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import type { Cell, Column } from '../../../sinks/columns/column.ts'
import { cellArbitraries, encodeTable } from './arbitraries.ts'
import { openDuckDb, rowsByDuckDb } from './readers.ts'

const connection = await openDuckDb()
t.teardown(() => connection.closeSync())
const directory = t.testdir()
let files = 0

/** The SQL literal of a value, exact for every type that is filtered. */
const literals: Partial<Record<keyof typeof cellArbitraries, (cell: Cell) => string>> = {
  boolean: String,
  uint32: (cell) => `(${String(cell)})::UINTEGER`,
  uint64: (cell) => `(${String(cell)})::UBIGINT`,
  float: (cell) => `'${Object.is(cell, -0) ? '-0.0' : String(cell)}'::FLOAT`,
  int64: (cell) => `(${String(cell)})::BIGINT`,
  double: (cell) => `'${Object.is(cell, -0) ? '-0.0' : String(cell)}'::DOUBLE`,
  timestamp: (cell) => `make_timestamptz(${BigInt((cell as Date).getTime()) * 1000n})`,
  utf8: (cell) => `decode(from_hex('${Buffer.from(cell as string).toString('hex')}'))`,
  bytes: (cell) => `from_hex('${Buffer.from(cell as Uint8Array).toString('hex')}')`,
}

for (const [type, literal] of Object.entries(literals) as [keyof typeof cellArbitraries, (cell: Cell) => string][]) {
  t.test(`a filter by the statistics of ${type} finds the same rows as a full scan`, async () => {
    const cells = fc.array(fc.option<Cell>(cellArbitraries[type]), { minLength: 1, maxLength: 3 })
    const property = fc.asyncProperty(
      fc.array(cells, { minLength: 1, maxLength: 12 }),
      cellArbitraries[type] as fc.Arbitrary<Cell>,
      async (groups, other) => {
        const rowGroups = groups.map((group) => group.map((cell) => [cell]))
        const path = join(directory, `${files++}.parquet`)
        writeFileSync(path, await encodeTable({ columns: [{ name: 'c', type }], rowGroups, compression: 'none' }))
        await connection.run(`CREATE OR REPLACE TEMP TABLE scanned AS FROM '${path}'`)
        const pivot = literal(groups.flat().find((cell) => cell !== null) ?? other)
        const conditions = ['<', '<=', '=', '<>', '>=', '>'].map((operator) => `c ${operator} ${pivot}`)
        for (const condition of [...conditions, 'c IS NULL', 'c IS NOT NULL']) {
          const filtered = await rowsByDuckDb(connection, `SELECT c FROM '${path}' WHERE ${condition}`)
          const scanned = await rowsByDuckDb(connection, `SELECT c FROM scanned WHERE ${condition}`)
          assert.deepEqual(filtered, scanned, condition)
        }
        const extremes = 'SELECT min(c), max(c), count(c), count(*) FROM'
        assert.deepEqual(
          await rowsByDuckDb(connection, `${extremes} '${path}'`),
          await rowsByDuckDb(connection, `${extremes} scanned`),
        )
        rmSync(path)
      },
    )
    await fc.assert(property, { numRuns: 6 })
  })
}

t.test('filters on a large file with dictionaries find the same rows as a full scan', async (t) => {
  const columns: Column[] = [
    { name: 'n', type: 'int64' },
    { name: 'd', type: 'double' },
    { name: 's', type: 'utf8' },
    { name: 'moment', type: 'timestamp' },
    { name: 'few', type: 'int32' },
  ]
  const row = (n: number): Cell[] => [
    n % 13 === 0 ? null : BigInt(Math.floor(n / 7)),
    n % 17 === 0 ? null : Math.round(Math.sin(n) * 50) / 10,
    n % 5 === 0 ? null : `name ${Math.floor(n / 900) % 40}${n % 2 === 0 ? 'é' : '\u{10ffff}'}`,
    new Date(Math.floor(n / 100) * 86_400_000),
    Math.floor(n / 20_000),
  ]
  const rowGroups = Array.from({ length: 10 }, (_, group) =>
    Array.from({ length: 10_000 }, (_, index) => row(group * 10_000 + index)),
  )
  const path = join(directory, `${files++}.parquet`)
  writeFileSync(path, await encodeTable({ columns, rowGroups, compression: 'snappy' }))
  const encodings = await rowsByDuckDb(connection, `SELECT DISTINCT encodings FROM parquet_metadata('${path}')`)
  t.ok(encodings.flat().some((names) => names.includes('RLE_DICTIONARY')))
  await connection.run(`CREATE OR REPLACE TEMP TABLE scanned AS FROM '${path}'`)
  const conditions = [
    'n = 3000',
    'n > 14000',
    'n BETWEEN 1999 AND 2001',
    'd = 0',
    'd >= 5',
    'd < -4.9',
    's IS NULL AND few = 3',
    "s = 'name 7é'",
    "s > 'name 9'",
    "s LIKE 'name 3%' AND n < 5000",
    'moment >= make_timestamptz(900 * 86400000000) AND moment < make_timestamptz(901 * 86400000000)',
    'few IN (0, 4)',
    'few = 5',
  ]
  for (const condition of conditions) {
    const sums = 'SELECT count(*), sum(n), sum(d), min(s), max(s), min(moment), max(moment) FROM'
    const filtered = await rowsByDuckDb(connection, `${sums} '${path}' WHERE ${condition}`)
    const scanned = await rowsByDuckDb(connection, `${sums} scanned WHERE ${condition}`)
    t.strictSame(filtered, scanned, condition)
  }
})
