import t from 'tap'
import { CellMaker, fitsDouble, fitsInt64 } from '../../../sinks/columns/cells.ts'
import type { Cell } from '../../../sinks/columns/column.ts'
import { COLUMN_TYPES, type NamedType } from '../../../sinks/columns/column-type.ts'
import { JsonText } from '../../../sinks/values/json-text.ts'

const bytes = Uint8Array.of(1)
const date = new Date('2020-01-01T00:00:00Z')
/** A date of whole milliseconds fits the columns of all units. */
const times = {
  timestamp: date,
  timestamp_micros: date,
  timestamp_nanos: date,
  timestamp_local: date,
  timestamp_micros_local: date,
  timestamp_nanos_local: date,
}
const timesOfDay = (time_millis: string, time_micros: string, time_nanos: string) => ({
  time_millis,
  time_micros,
  time_nanos,
  time_millis_utc: time_millis,
  time_micros_utc: time_micros,
  time_nanos_utc: time_nanos,
})
const UUID = 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6'
const small = (value: number) => ({
  int8: value,
  int16: value,
  int32: value,
  uint8: value,
  uint16: value,
  uint32: value,
  float: value,
  double: value,
})

/** The cell of each value in each type of column. A missing type means that the value does not fit. */
const table: readonly [unknown, Partial<Record<NamedType, Cell>>][] = [
  [true, { boolean: true, utf8: 'true', json: 'true' }],
  [3, { ...small(3), int64: 3, uint64: 3, utf8: '3', json: '3' }],
  [
    2 ** 40,
    { int64: 2 ** 40, uint64: 2 ** 40, float: 2 ** 40, double: 2 ** 40, utf8: '1099511627776', json: '1099511627776' },
  ],
  [2 ** 53, { float: 2 ** 53, double: 2 ** 53, utf8: '9007199254740992', json: '9007199254740992' }],
  [1.5, { float: 1.5, double: 1.5, utf8: '1.5', json: '1.5' }],
  [0.1, { double: 0.1, utf8: '0.1', json: '0.1' }],
  [-200, { int16: -200, int32: -200, int64: -200, float: -200, double: -200, utf8: '-200', json: '-200' }],
  [NaN, { float: NaN, double: NaN, utf8: 'NaN', json: 'null' }],
  [7n, { ...small(7), int64: 7n, uint64: 7n, utf8: '7', json: '7' }],
  [
    2n ** 53n + 1n,
    { int64: 2n ** 53n + 1n, uint64: 2n ** 53n + 1n, utf8: '9007199254740993', json: '9007199254740993' },
  ],
  ['text', { utf8: 'text', json: '"text"' }],
  ['2020-01-01', { utf8: '2020-01-01', json: '"2020-01-01"', date, ...times }],
  [
    '2020-01-01T01:00:00.000+01:00',
    { utf8: '2020-01-01T01:00:00.000+01:00', json: '"2020-01-01T01:00:00.000+01:00"', date, ...times },
  ],
  [
    '12:34:56.789',
    {
      ...timesOfDay('12:34:56.789', '12:34:56.789000', '12:34:56.789000000'),
      utf8: '12:34:56.789',
      json: '"12:34:56.789"',
    },
  ],
  ['24:00:00.001', { utf8: '24:00:00.001', json: '"24:00:00.001"' }],
  ['P1Y2M1W3DT4H', { interval: 'P14M10DT14400S', utf8: 'P1Y2M1W3DT4H', json: '"P1Y2M1W3DT4H"' }],
  ['P', { utf8: 'P', json: '"P"' }],
  [UUID.toUpperCase(), { uuid: UUID, utf8: UUID.toUpperCase(), json: `"${UUID.toUpperCase()}"` }],
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

t.test('takes decimals in each spelling, if no digit is lost', async (t) => {
  const cells = new CellMaker(new JsonText('null'))
  const texts = ['1.5', '+01.50', '-0.005', '99999.99', '100000', '1e3', 'x', '']
  t.strictSame(
    texts.map((text) => cells.make(text, 'decimal(7,2)')),
    ['1.50', '1.50', undefined, '99999.99', undefined, undefined, undefined, undefined],
  )
  t.strictSame(
    [0.1, -3, 7n, 0.123].map((value) => cells.make(value, 'decimal(7,2)')),
    ['0.10', '-3.00', '7.00', undefined],
  )
  const widest = '-12345678901234567890123456789012345678'
  t.equal(cells.make(widest, 'decimal(38,0)'), widest)
})

t.test('makes cells of lists, structs and maps, and refuses what is no part of their type', async (t) => {
  const cells = new CellMaker(new JsonText('null'))
  t.strictSame(cells.make([1, null, 2], { list: 'double' }), [1, null, 2])
  // eslint-disable-next-line no-sparse-arrays
  t.strictSame(cells.make([1, , 2], { list: 'double' }), [1, null, 2])
  t.equal(cells.make([1, null], { list: { type: 'double', nullable: false } }), undefined)
  t.equal(cells.make([1, 'a'], { list: 'double' }), undefined)
  const struct = { struct: { a: 'double', b: { type: 'utf8', nullable: false } } } as const
  t.strictSame(cells.make({ b: 'x', c: null }, struct), [null, 'x'])
  t.equal(cells.make({ a: 1 }, struct), undefined)
  t.equal(cells.make({ b: 'x', c: 1 }, struct), undefined)
  t.equal(cells.make([1], struct), undefined)
  const map = { map: { key: 'utf8', value: 'int64' } } as const
  t.strictSame(cells.make(JSON.parse('{"__proto__": 1, "b": null}'), map), [
    ['__proto__', 1],
    ['b', null],
  ])
  t.strictSame(cells.make([{ key: 5n, value: true }], { map: { key: 'int32', value: 'boolean' } }), [[5, true]])
  t.equal(cells.make([{ key: null, value: 1 }], map), undefined)
  t.equal(cells.make([{ key: 'a', other: 1 }], map), undefined)
  t.strictSame(cells.make({ toJSON: () => [1] }, { list: 'double' }), undefined)
  t.strictSame(cells.make([{ toJSON: () => 1 }], { list: 'double' }), [1])
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
