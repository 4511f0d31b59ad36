import fc from 'fast-check'
import t from 'tap'
import { IndexRanges } from '../../../lib/core/index-ranges.ts'

t.test('joins adjacent indices into ranges, in any order of insertion', async (t) => {
  const ranges = new IndexRanges()
  for (const index of [0, 1, 4, 2, 7, 3]) ranges.add(index)
  t.strictSame(ranges.toJSON(), [
    [0, 4],
    [7, 7],
  ])
  t.equal(ranges.size, 6)
})

t.test('contains exactly the added indices, in the smallest number of ranges', async () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(60)), (indices) => {
      const ranges = new IndexRanges()
      for (const index of indices) ranges.add(index)
      const all = ranges
        .toJSON()
        .flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i))
      const apart = ranges
        .toJSON()
        .every(([first], place, list) => place === 0 || first > (list[place - 1]?.[1] ?? 0) + 1)
      return apart && all.join() === [...indices].sort((a, b) => a - b).join() && ranges.size === indices.length
    }),
  )
})
