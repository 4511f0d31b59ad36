import t from 'tap'
import { hasCrossReferences } from '../../../lib/outputs/cross-references.ts'

type Row = Record<string, unknown>

function crossReferences(rows: Row[], others: unknown[] = [], whole: object = {}): boolean {
  return hasCrossReferences(whole, [rows], others)
}

t.test('independent rows have no cross-references', (t) => {
  const shared = { x: 1 }
  t.notOk(crossReferences([]))
  t.notOk(crossReferences([{ a: 1, at: new Date(), bytes: new Uint8Array(1) }]))
  t.notOk(crossReferences([{ shared }, { shared }, { list: [shared, shared] }], [shared]))
  const circle: Row = {}
  circle['self'] = circle
  t.notOk(crossReferences([{ circle }, { circle }]), 'a circular reference inside one value')
  t.end()
})

t.test('finds a row that refers to a row, directly or through other objects', (t) => {
  const row: Row = { a: 1 }
  const ways = [row, [row], { deep: { er: [row] } }, new Map([[1, row]]), new Map([[row, 1]]), new Set([row])]
  for (const way of ways) {
    t.ok(crossReferences([row, { way }]))
    t.ok(crossReferences([{ way }, row]))
  }
  row['self'] = row
  t.ok(crossReferences([row]))
  t.ok(hasCrossReferences({}, [[{ a: 1 }], [{ way: row }], [row]], []), 'also from another table')
  t.end()
})

t.test('finds a row or another value that refers to the whole output or to a table', (t) => {
  const rows: Row[] = [{ a: 1 }]
  const whole = { rows }
  t.ok(crossReferences(rows, [{ whole }], whole))
  t.ok(crossReferences(rows, [{ deep: [rows] }], whole))
  t.ok(crossReferences([{ whole }], [], whole))
  t.notOk(
    crossReferences(rows, [{ best: rows[0] }], whole),
    'another value may refer to a row: it gets a copy of the row, which is deeply equal',
  )
  t.end()
})

t.test('long chains of references cause no stack overflow', (t) => {
  const row: Row = { a: 1 }
  let chain: unknown = row
  for (let i = 0; i < 100_000; i++) chain = [chain]
  t.ok(crossReferences([row, { chain }]))
  t.end()
})

t.test('too many objects count as a cross-reference', (t) => {
  const many = Array.from({ length: 1_000_001 }, () => [])
  t.ok(crossReferences([{ many }]))
  t.ok(crossReferences([{ a: 1 }], [many]))
  t.end()
})
