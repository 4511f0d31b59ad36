import fc from 'fast-check'
import assert from 'node:assert/strict'
import t from 'tap'
import { NumberHeap } from '../../../lib/workflow/number-heap.ts'

t.test('take returns the smallest number after any sequence of calls', async () => {
  const step = fc.option(fc.integer({ min: 0, max: 30 }), { nil: 'take' as const, freq: 2 })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const heap = new NumberHeap()
      const sorted: number[] = []
      for (const each of [...steps, ...steps.map(() => 'take' as const)]) {
        if (each === 'take') {
          assert.equal(heap.take(), sorted.shift())
        } else {
          heap.add(each)
          sorted.push(each)
          sorted.sort((a, b) => a - b)
        }
      }
    }),
  )
})

t.test('take returns undefined when the heap is empty', async (t) => {
  const heap = new NumberHeap()
  t.equal(heap.take(), undefined)
  heap.add(3)
  t.equal(heap.take(), 3)
  t.equal(heap.take(), undefined)
})
