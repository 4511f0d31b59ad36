/**
 * A bounded list equals the start of a sorted list.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { TopList } from '../../../transforms/aggregate/top-list.ts'

interface Entry {
  readonly rank: number
  readonly arrival: number
}

const byRank = (a: Entry, b: Entry): number => a.rank - b.rank

t.test('keeps the entries that a stable sort puts first', async () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { maxLength: 60 }), fc.nat(12), (ranks, limit) => {
      const entries = ranks.map((rank, arrival) => ({ rank, arrival }))
      const list = new TopList(limit, byRank)
      for (const entry of entries) list.add(entry)
      assert.deepEqual(list.entries, [...entries].sort(byRank).slice(0, limit))
      assert.equal(list.full, list.entries.length === limit)
      assert.equal(list.worst, list.entries.at(-1))
    }),
  )
})
