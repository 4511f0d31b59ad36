import t from 'tap'
import { headerNames, recordMaker } from '../../../transforms/parsing/csv-header.ts'

t.test('names a column without a name by its position', async (t) => {
  t.strictSame(headerNames([null, 'a', ''], 1), ['column_1', 'a', 'column_3'])
})

t.test('refuses two columns with the same name', async (t) => {
  t.throws(() => headerNames(['a', 'b', 'a'], 1), { code: 'ERR_SPILLWAY_INPUT', place: { line: 1, field: 'a' } })
  t.throws(() => headerNames([null, 'column_1'], 1), { code: 'ERR_SPILLWAY_INPUT' })
})

t.test('makes records with own properties only', async (t) => {
  t.strictSame(recordMaker(['a', 'b'])([1, null]), { a: 1, b: null })
  const record = recordMaker(['a', '__proto__'])([1, { x: 1 }])
  t.strictSame(Object.keys(record), ['a', '__proto__'])
  t.equal(Object.getPrototypeOf(record), Object.prototype)
})
