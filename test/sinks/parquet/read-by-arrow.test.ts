import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Cell, Column } from '../../../sinks/columns/column.ts'
import { cellArbitraries, encodeTable, SHOWN_TYPES, tableArbitrary } from './arbitraries.ts'
import { rowsByArrow, showRows } from './readers.ts'

t.test('reads the same cells, for any columns, nulls, row groups and codecs', async () => {
  const property = fc.asyncProperty(tableArbitrary, async (table) => {
    assert.deepEqual(rowsByArrow(await encodeTable(table)), showRows(table.rowGroups.flat()))
  })
  await fc.assert(property, { numRuns: 60 })
})

for (const type of SHOWN_TYPES) {
  t.test(`reads thousands of values of ${type}, repeated or not, with and without nulls`, async (t) => {
    for (const [kinds, nullEvery] of [
      [3, Infinity],
      [5000, 7],
    ] as const) {
      const distinct = fc.sample<Cell>(cellArbitraries[type], { seed: kinds, numRuns: kinds })
      const cells = Array.from({ length: 25_000 }, (_, row): Cell[] => [
        row % nullEvery === 0 ? null : (distinct[row % kinds] as Cell),
      ])
      const column: Column = { name: 'c', type }
      const rows = rowsByArrow(await encodeTable({ columns: [column], rowGroups: [cells], compression: 'snappy' }))
      t.ok(rows.every(([cell], row) => cell === showRows([cells[row] as Cell[]])[0]?.[0]))
      t.equal(rows.length, cells.length)
    }
  })
}
