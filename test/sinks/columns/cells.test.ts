import t from 'tap'
import { CellMaker, fitsDouble, fitsInt64 } from '../../../sinks/columns/cells.ts'
import { COLUMN_TYPES, type Cell, type ColumnType } from '../../../sinks/columns/column.ts'
import { JsonText } from '../../../sinks/values/json-text.ts'

const bytes = Uint8Array.of(1)
const date = new Date('2020-01-01T00:00:00Z')
/** A date of whole milliseconds fits the columns of all units. */
const times = { timestamp: date, timestamp_micros: date, timestamp_nanos: date }

/** The cell of each value in each type of column. A missing type means that the value does not fit. */
const table: readonly [unknown, Partial<Record<ColumnType, Cell>>][] = [
  [true, { boolean: true, utf8: 'true', json: 'true' }],
  [3, { int32: 3, int64: 3, double: 3, utf8: '3', json: '3' }],
  [2 ** 40, { int64: 2 ** 40, double: 2 ** 40, utf8: '1099511627776', json: '1099511627776' }],
  [2 ** 53, { double: 2 ** 53, utf8: '9007199254740992', json: '9007199254740992' }],
  [1.5, { double: 1.5, utf8: '1.5', json: '1.5' }],
  [NaN, { double: NaN, utf8: 'NaN', json: 'null' }],
  [7n, { int32: 7, int64: 7n, double: 7, utf8: '7', json: '7' }],
  [2n ** 53n + 1n, { int64: 2n ** 53n + 1n, utf8: '9007199254740993', json: '9007199254740993' }],
  ['text', { utf8: 'text', json: '"text"' }],
  ['2020-01-01', { utf8: '2020-01-01', json: '"2020-01-01"', date, ...times }],
  [
    '2020-01-01T01:00:00.000+01:00',
    { utf8: '2020-01-01T01:00:00.000+01:00', json: '"2020-01-01T01:00:00.000+01:00"', date, ...times },
  ],
  ['2020-13-01', { utf8: '2020-13-01', json: '"2020-13-01"' }],
  ['1 Jan 2020', { utf8: '1 Jan 2020', json: '"1 Jan 2020"' }],
  [date, { date, ...times, utf8: '2020-01-01T00:00:00.000Z', json: '"2020-01-01T00:00:00.000Z"' }],
  [bytes, { bytes, utf8: 'AQ==', json: '"AQ=="' }],
  [[1, 'a'], { utf8: '[1,"a"]', json: '[1,"a"]' }],
  [{}, { utf8: '{}', json: '{}' }],
]

t.test('follows the table of values and types', async (t) => {
  const cells = new CellMaker(new JsonText('null'))
  for (const [value, expected] of table) {
    const made = Object.fromEntries(COLUMN_TYPES.map((type) => [type, cells.make(value, type)]))
    t.strictSame(made, Object.fromEntries(COLUMN_TYPES.map((type) => [type, expected[type]])), String(value))
  }
})

t.test('counts strings with an unpaired surrogate, also in JSON text', async (t) => {
  const cells = new CellMaker(new JsonText('null'))
  t.equal(cells.make('a\ud800', 'utf8'), 'a\ufffd')
  t.equal(cells.make(['\ud800', '\\ud800', '😀'], 'json'), JSON.stringify(['\ufffd', '\\ud800', '😀']))
  t.equal(cells.make(['\\ud800'], 'json'), '["\\\\ud800"]')
  t.equal(cells.surrogatesReplaced, 2)
})

t.test('restores the counts for a record that is not written', async (t) => {
  const json = new JsonText('null')
  const cells = new CellMaker(json)
  cells.make('\ud800', 'utf8')
  cells.begin()
  cells.make('\ud800', 'utf8')
  cells.make([NaN], 'json')
  cells.undo()
  t.strictSame([cells.surrogatesReplaced, json.nonFinite], [1, 0])
})

t.test('makes no cell from a value that must be refused', async (t) => {
  const cells = new CellMaker(new JsonText('null'))
  t.equal(cells.make([() => 0], 'json'), undefined)
  t.equal(cells.make([new Map()], 'utf8'), undefined)
})

t.test('checks the limits of 64 bits and of doubles', async (t) => {
  t.strictSame([2n ** 63n - 1n, 2n ** 63n, -(2n ** 63n), -(2n ** 63n) - 1n].map(fitsInt64), [true, false, true, false])
  t.strictSame([2n ** 53n, 2n ** 53n + 1n, 10n ** 400n].map(fitsDouble), [true, false, false])
})
