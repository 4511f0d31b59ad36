import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { ChunkQueue, weigh } from '../../../lib/collector/chunk-queue.ts'
import { markerBatch, recordsOf } from '../../../lib/core/batch.ts'
import { Marker } from '../../../lib/core/marker.ts'

const roomy = { maxRecords: 1000, maxBytes: 1e6 }

function queueOf(batches: boolean, chunks: readonly unknown[]): ChunkQueue {
  const queue = new ChunkQueue({ ...roomy, batches })
  for (const chunk of chunks) queue.add(weigh(chunk))
  return queue
}

function takeAll(queue: ChunkQueue): unknown[] {
  const items: unknown[] = []
  while (!queue.isEmpty) items.push(queue.take())
  return items
}

t.test('with batches, returns arrays unchanged, and a single record as an array of one', async (t) => {
  const batch = [{ n: 1 }, { n: 2 }]
  const none: unknown[] = []
  const [first, second, third] = takeAll(queueOf(true, [batch, { n: 3 }, none]))
  t.equal(first, batch)
  t.strictSame(second, [{ n: 3 }])
  t.equal(third, none)
})

t.test('without batches, returns single records, and markers unchanged', async (t) => {
  const marker = markerBatch(new Marker('written'))
  const items = takeAll(queueOf(false, [[{ n: 1 }, { n: 2 }], [], marker, { n: 3 }]))
  t.strictSame(items, [{ n: 1 }, { n: 2 }, [], { n: 3 }])
  t.equal(items[2], marker)
})

t.test('returns null and undefined in an array, so that they cannot end a stream', async (t) => {
  t.strictSame(takeAll(queueOf(false, [[{ n: 1 }, null, undefined, 4]])), [{ n: 1 }, [null], [undefined], 4])
})

t.test('counts the bytes of a batch until its last record is taken', async (t) => {
  const queue = queueOf(false, [[{ n: 1 }, { n: 2 }], { n: 3 }])
  const { bytes } = queue
  t.equal(queue.records, 3)
  t.equal(queue.isMidChunk, false)
  queue.take()
  t.equal(queue.records, 2)
  t.equal(queue.bytes, bytes)
  t.equal(queue.isMidChunk, true)
  queue.take()
  t.equal(queue.records, 1)
  t.equal(queue.bytes, weigh({ n: 3 }).bytes)
  t.equal(queue.isMidChunk, false)
  queue.take()
  t.strictSame([queue.records, queue.bytes], [0, 0])
})

t.test('fits accepts a chunk within both limits, and any chunk when the queue is empty', async (t) => {
  const queue = new ChunkQueue({ maxRecords: 3, maxBytes: 1000, batches: true })
  const four = weigh([1, 2, 3, 4])
  t.ok(queue.fits(four))
  queue.add(weigh([1, 2]))
  t.notOk(queue.fits(four))
  t.ok(queue.fits(weigh({})))
  t.notOk(queue.fits(weigh([1, 2])))
  t.notOk(queue.fits(weigh('x'.repeat(1000))))
})

t.test('clear empties the queue and fails its markers', async (t) => {
  const marker = new Marker('durable')
  const queue = queueOf(true, [[{ n: 1 }], markerBatch(marker)])
  const reason = new Error('closed')
  queue.clear(reason)
  t.ok(queue.isEmpty)
  t.strictSame([queue.records, queue.bytes], [0, 0])
  await t.rejects(marker.receipt, reason)
  queue.add(weigh([{ n: 2 }]))
  t.strictSame(takeAll(queue), [[{ n: 2 }]])
})

t.test('returns everything in order, and counts correctly at each step', async () => {
  const chunk = fc.oneof(fc.record({ n: fc.nat() }), fc.array(fc.record({ n: fc.nat() }), { maxLength: 4 }))
  const step = fc.option(chunk, { nil: undefined, freq: 2 })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), (steps, batches) => {
      const queue = queueOf(batches, [])
      const given: unknown[] = []
      const got: unknown[] = []
      for (const chunk of steps) {
        if (chunk !== undefined) {
          queue.add(weigh(chunk))
          given.push(...recordsOf(chunk))
        } else if (!queue.isEmpty) {
          got.push(...recordsOf(queue.take()))
        }
        assert.equal(queue.records, given.length - got.length)
      }
      for (const item of takeAll(queue)) got.push(...recordsOf(item))
      assert.deepEqual(got, given)
      assert.deepEqual([queue.records, queue.bytes], [0, 0])
    }),
  )
})
