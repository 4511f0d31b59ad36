import t from 'tap'
import { hasCrossReferences } from '../../../lib/outputs/cross-references.ts'

type Row = Record<string, unknown>

function crossReferences(rows: Row[], beside: unknown[] = [], whole: object = {}): boolean {
  return hasCrossReferences(whole, [rows], beside)
}

t.test('rows apart from one another are not', (t) => {
  const shared = { x: 1 }
  t.notOk(crossReferences([]))
  t.notOk(crossReferences([{ a: 1, at: new Date(), bytes: new Uint8Array(1) }]))
  t.notOk(crossReferences([{ shared }, { shared }, { list: [shared, shared] }], [shared]))
  const circle: Row = {}
  circle['self'] = circle
  t.notOk(crossReferences([{ circle }, { circle }]), 'a circle within a value')
  t.end()
})

t.test('a row that refers to a row is, through whatever it does', (t) => {
  const row: Row = { a: 1 }
  const ways = [row, [row], { deep: { er: [row] } }, new Map([[1, row]]), new Map([[row, 1]]), new Set([row])]
  for (const way of ways) {
    t.ok(crossReferences([row, { way }]))
    t.ok(crossReferences([{ way }, row]))
  }
  row['self'] = row
  t.ok(crossReferences([row]))
  t.ok(hasCrossReferences({}, [[{ a: 1 }], [{ way: row }], [row]], []), 'also in another table')
  t.end()
})

t.test('rows, or what is beside them, are when they refer to the whole or to a table', (t) => {
  const rows: Row[] = [{ a: 1 }]
  const whole = { rows }
  t.ok(crossReferences(rows, [{ whole }], whole))
  t.ok(crossReferences(rows, [{ deep: [rows] }], whole))
  t.ok(crossReferences([{ whole }], [], whole))
  t.notOk(
    crossReferences(rows, [{ best: rows[0] }], whole),
    'a row beside them is a copy afterwards, which is as equal',
  )
  t.end()
})

t.test('long chains are followed without a deep stack', (t) => {
  const row: Row = { a: 1 }
  let chain: unknown = row
  for (let i = 0; i < 100_000; i++) chain = [chain]
  t.ok(crossReferences([row, { chain }]))
  t.end()
})

t.test('what is too large to tell counts as entangled', (t) => {
  const many = Array.from({ length: 1_000_001 }, () => [])
  t.ok(crossReferences([{ many }]))
  t.ok(crossReferences([{ a: 1 }], [many]))
  t.end()
})
