import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import type { Cell, ColumnType } from '../../../sinks/columns/column.ts'
import { cellArbitraries, encodeTable } from './arbitraries.ts'
import { openDuckDb, rowsByDuckDb } from './readers.ts'

const connection = await openDuckDb()
t.teardown(() => connection.closeSync())
const directory = t.testdir()
let files = 0

/** SQL of a value, exact for every type that is filtered. */
const literals: Partial<Record<ColumnType, (cell: Cell) => string>> = {
  boolean: String,
  int64: (cell) => `(${String(cell)})::BIGINT`,
  double: (cell) => `'${Object.is(cell, -0) ? '-0.0' : String(cell)}'::DOUBLE`,
  timestamp: (cell) => `make_timestamptz(${BigInt((cell as Date).getTime()) * 1000n})`,
  utf8: (cell) => `decode(from_hex('${Buffer.from(cell as string).toString('hex')}'))`,
  bytes: (cell) => `from_hex('${Buffer.from(cell as Uint8Array).toString('hex')}')`,
}

for (const [type, literal] of Object.entries(literals) as [ColumnType, (cell: Cell) => string][]) {
  t.test(`a filter by the statistics of ${type} finds what a full scan finds`, async () => {
    const cells = fc.array(fc.option(cellArbitraries[type]), { minLength: 1, maxLength: 3 })
    const property = fc.asyncProperty(
      fc.array(cells, { minLength: 1, maxLength: 12 }),
      cellArbitraries[type],
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
