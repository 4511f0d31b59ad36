import t from 'tap'
import { headerNames, recordMaker } from '../../../transforms/parsing/csv-header.ts'

t.test('names a column without a name by its position', async (t) => {
  t.strictSame(headerNames([null, 'a', ''], 1, false), ['column_1', 'a', 'column_3'])
})

t.test('refuses two columns with the same name', async (t) => {
  t.throws(() => headerNames(['a', 'b', 'a'], 1, false), { code: 'ERR_SPILLWAY_INPUT', place: { line: 1, field: 'a' } })
  t.throws(() => headerNames([null, 'column_1'], 1, false), { code: 'ERR_SPILLWAY_INPUT' })
})

t.test('renames repeated columns on demand, to names that no other column has', async (t) => {
  t.strictSame(headerNames(['a', 'a', 'a_2', 'a', 'b'], 1, true), ['a', 'a_3', 'a_2', 'a_4', 'b'])
})

t.test('repeats no more than the beginning of a long name in a message', async (t) => {
  const name = 'x'.repeat(100_000)
  t.throws(() => headerNames([name, name], 1, false), { message: /^.{200,400}$/, place: { line: 1, field: name } })
})

t.test('makes records with own properties only', async (t) => {
  t.strictSame(recordMaker(['a', 'b'])([1, null]), { a: 1, b: null })
  const record = recordMaker(['a', '__proto__'])([1, { x: 1 }])
  t.strictSame(Object.keys(record), ['a', '__proto__'])
  t.equal(Object.getPrototypeOf(record), Object.prototype)
})
