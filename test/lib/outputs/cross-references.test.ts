import t from 'tap'
import { isEntangled } from '../../../lib/outputs/cross-references.ts'

type Row = Record<string, unknown>

function entangled(rows: Row[], beside: unknown[] = [], whole: object = {}): boolean {
  return isEntangled(whole, [rows], beside)
}

t.test('rows apart from one another are not', (t) => {
  const shared = { x: 1 }
  t.notOk(entangled([]))
  t.notOk(entangled([{ a: 1, at: new Date(), bytes: new Uint8Array(1) }]))
  t.notOk(entangled([{ shared }, { shared }, { list: [shared, shared] }], [shared]))
  const circle: Row = {}
  circle['self'] = circle
  t.notOk(entangled([{ circle }, { circle }]), 'a circle within a value')
  t.end()
})

t.test('a row that refers to a row is, through whatever it does', (t) => {
  const row: Row = { a: 1 }
  const ways = [row, [row], { deep: { er: [row] } }, new Map([[1, row]]), new Map([[row, 1]]), new Set([row])]
  for (const way of ways) {
    t.ok(entangled([row, { way }]))
    t.ok(entangled([{ way }, row]))
  }
  row['self'] = row
  t.ok(entangled([row]))
  t.ok(isEntangled({}, [[{ a: 1 }], [{ way: row }], [row]], []), 'also in another table')
  t.end()
})

t.test('rows, or what is beside them, are when they refer to the whole or to a table', (t) => {
  const rows: Row[] = [{ a: 1 }]
  const whole = { rows }
  t.ok(entangled(rows, [{ whole }], whole))
  t.ok(entangled(rows, [{ deep: [rows] }], whole))
  t.ok(entangled([{ whole }], [], whole))
  t.notOk(entangled(rows, [{ best: rows[0] }], whole), 'a row beside them is a copy afterwards, which is as equal')
  t.end()
})

t.test('long chains are followed without a deep stack', (t) => {
  const row: Row = { a: 1 }
  let chain: unknown = row
  for (let i = 0; i < 100_000; i++) chain = [chain]
  t.ok(entangled([row, { chain }]))
  t.end()
})

t.test('what is too large to tell counts as entangled', (t) => {
  const many = Array.from({ length: 1_000_001 }, () => [])
  t.ok(entangled([{ many }]))
  t.ok(entangled([{ a: 1 }], [many]))
  t.end()
})
