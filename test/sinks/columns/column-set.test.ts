import t from 'tap'
import { CellMaker } from '../../../sinks/columns/cells.ts'
import { ColumnSet, type RowTarget } from '../../../sinks/columns/column-set.ts'
import type { Cell, Column } from '../../../sinks/columns/column.ts'
import { JsonText } from '../../../sinks/values/json-text.ts'

function fill(columns: Column[], record: unknown, int64Only = false) {
  const set = new ColumnSet(columns, new CellMaker(new JsonText('null')), int64Only)
  const cells: Cell[] = columns.map(() => null)
  const target: RowTarget = {
    take: () => false,
    add(index, cell) {
      cells[index] = cell
    },
    isMissing: (index) => cells[index] === null,
  }
  return { refusal: set.fill(record, target), cells }
}

t.test('puts values into their columns, and null into the others', async (t) => {
  const columns: Column[] = [
    { name: 'a.b', type: 'double' },
    { name: 'a\\.b', type: 'utf8' },
    { name: 'a', type: 'json' },
    { name: 'c', type: 'boolean' },
  ]
  t.strictSame(fill(columns, { 'a.b': 'x', a: { b: 1 } }), { refusal: undefined, cells: [1, 'x', null, null] })
  t.strictSame(fill(columns, { a: {}, d: null }), { refusal: undefined, cells: [null, null, '{}', null] })
})

t.test('puts whole objects into a json column without columns for their fields', async (t) => {
  t.strictSame(fill([{ name: 'a', type: 'json' }], { a: { b: { c: 1 } } }).cells, ['{"b":{"c":1}}'])
})

t.test('reports which field drifts', async (t) => {
  t.match(fill([{ name: 'a.b', type: 'double' }], { a: { b: 'x' } }).refusal, { kind: 'drift', field: 'a.b' })
  t.match(fill([{ name: 'a.b', type: 'double' }], { a: { 'c.d': 1 } }).refusal, { kind: 'drift', field: 'a.c\\.d' })
  t.match(fill([{ name: 'a.b', type: 'double' }], { a: 5 }).refusal, { kind: 'drift', field: 'a' })
})

t.test('reports a value that no file can contain before drift', async (t) => {
  const { refusal } = fill([{ name: 'a', type: 'double' }], { new: 1, a: 1, b: { c: Symbol('s') } })
  t.match(refusal, { kind: 'value', field: 'b.c' })
})

t.test('refuses an integer of more than 64 bits if required', async (t) => {
  const columns: Column[] = [{ name: 'n', type: 'int64' }]
  t.match(fill(columns, { n: 2n ** 63n }, true).refusal, { kind: 'value', field: 'n' })
  t.strictSame(fill(columns, { n: 2n ** 63n }).cells, [2n ** 63n])
})

t.test('gives a column the type of its first value, unless that record is refused', async (t) => {
  const columns: Column[] = [
    { name: 'a', type: null },
    { name: 'b', type: 'double' },
  ]
  fill(columns, { a: null, b: 1 })
  t.equal(columns[0]?.type, null)
  fill(columns, { a: true, b: 'x' })
  t.equal(columns[0]?.type, null)
  fill(columns, { a: 'text', b: 1 })
  t.equal(columns[0]?.type, 'utf8')
})

t.test('refuses a record that lacks a required value', async (t) => {
  const columns: Column[] = [
    { name: 'a', type: 'double' },
    { name: 'b.c', type: 'double', nullable: false },
  ]
  t.match(fill(columns, { a: 1 }).refusal, { kind: 'drift', field: 'b.c' })
  t.match(fill(columns, { a: 1, b: { c: null } }).refusal, { kind: 'drift', field: 'b.c' })
  t.equal(fill(columns, { b: { c: 1 } }).refusal, undefined)
})

t.test('finds the column of a key for any order of the keys', async (t) => {
  const columns: Column[] = ['a', 'b', 'c.d', 'c.e'].map((name) => ({ name, type: 'double' }))
  t.strictSame(fill(columns, { c: { e: 4, d: 3 }, b: 2, a: 1 }).cells, [1, 2, 3, 4])
})

t.test('ignores inherited fields', async (t) => {
  const record: unknown = Object.assign(Object.create({ inherited: 1 }), { a: 2 })
  t.strictSame(fill([{ name: 'a', type: 'double' }], record), { refusal: undefined, cells: [2] })
  const columns: Column[] = ['a', 'inherited'].map((name) => ({ name, type: 'double' }))
  t.strictSame(fill(columns, record).cells, [2, null])
})
