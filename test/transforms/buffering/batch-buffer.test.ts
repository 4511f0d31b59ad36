import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { notesOf, type Segment } from '../../../lib/core/batch.ts'
import { BatchBuffer } from '../../../transforms/buffering/batch-buffer.ts'

interface Run {
  readonly count: number
  readonly who: Omit<Segment, 'count' | 'firstSeq'> | undefined
}

const who = fc.record({
  containerIndex: fc.integer({ min: 0, max: 2 }),
  iteration: fc.integer({ min: 0, max: 1 }),
  attempt: fc.integer({ min: 1, max: 2 }),
})
const run: fc.Arbitrary<Run> = fc.record({
  count: fc.integer({ min: 1, max: 9 }),
  who: fc.option(who, { nil: undefined, freq: 3 }),
})

/** A record with the key of the container that made it, and its sequence number. */
interface Known {
  readonly key: string
  readonly seq: number
}

function keyOf(segment: Omit<Segment, 'count' | 'firstSeq'>): string {
  return `${segment.containerIndex}/${segment.iteration}/${segment.attempt}`
}

t.test('keeps the container of every record, for any split and join of runs', async () => {
  const property = fc.property(
    fc.array(run, { maxLength: 20 }),
    fc.integer({ min: 1, max: 12 }),
    (runs, maxRecords) => {
      const buffer = new BatchBuffer({ maxRecords, maxBytes: Infinity })
      const given: Known[] = []
      const got: Known[] = []
      const seqs = new Map<string, number>()
      const take = () => {
        const batch = buffer.take()
        const { segments } = notesOf(batch)
        if (segments === undefined) {
          for (const record of batch) assert.equal(record['key'], 'unknown')
          got.push(...(batch as unknown as Known[]))
          return
        }
        assert.equal(
          segments.reduce((sum, { count }) => sum + count, 0),
          batch.length,
        )
        for (const { count, firstSeq, ...maker } of segments) {
          const isUnknown = maker.containerIndex === -1
          for (let index = 0; index < count; index++) {
            got.push({ key: isUnknown ? 'unknown' : keyOf(maker), seq: isUnknown ? 0 : firstSeq + index })
          }
        }
      }
      for (const { count, who } of runs) {
        const key = who === undefined ? 'unknown' : keyOf(who)
        const firstSeq = who === undefined ? 0 : (seqs.get(key) ?? 0)
        seqs.set(key, firstSeq + count)
        const records = Array.from({ length: count }, (_, index) => ({
          key,
          seq: who === undefined ? 0 : firstSeq + index,
        }))
        given.push(...records)
        for (let index = 0; index < count;) {
          index = buffer.addRun(records, index, count, who && { ...who, firstSeq: firstSeq + index, count })
          if (buffer.full) take()
        }
      }
      take()
      assert.deepEqual(got, given)
    },
  )
  fc.assert(property, { numRuns: 300 })
})

t.test('joins consecutive runs to one segment', async (t) => {
  const buffer = new BatchBuffer({ maxRecords: 10, maxBytes: Infinity })
  const segment = { containerIndex: 1, iteration: 0, attempt: 1 }
  buffer.addRun([{}, {}], 0, 2, { ...segment, firstSeq: 0, count: 2 })
  buffer.addRun([{}], 0, 1, { ...segment, firstSeq: 2, count: 1 })
  buffer.addRun([{}], 0, 1, { ...segment, firstSeq: 9, count: 1 })
  t.strictSame(notesOf(buffer.take()).segments, [
    { ...segment, firstSeq: 0, count: 3 },
    { ...segment, firstSeq: 9, count: 1 },
  ])
})

t.test('adds no segments for records without identity', async (t) => {
  const buffer = new BatchBuffer({ maxRecords: 10, maxBytes: Infinity })
  buffer.addRun([{}, {}], 0, 2)
  t.equal(notesOf(buffer.take()).segments, undefined)
})

t.test('is full at either limit, and accepts no more records', async (t) => {
  const byCount = new BatchBuffer({ maxRecords: 2, maxBytes: Infinity })
  t.equal(byCount.addRun([{}, {}, {}], 0, 3), 2)
  t.equal(byCount.full, true)
  t.equal(byCount.addRun([{}, {}, {}], 2, 3), 2)
  const byBytes = new BatchBuffer({ maxRecords: 100, maxBytes: 1000 })
  t.equal(byBytes.addRun(Array(9).fill({ text: 'x'.repeat(400) }), 0, 9), 3)
  t.ok(byBytes.bytes >= 1000)
  t.equal(byBytes.full, true)
})

t.test('is empty after its batch was taken', async (t) => {
  const buffer = new BatchBuffer({ maxRecords: 10, maxBytes: Infinity })
  buffer.addRun([{ n: 1 }], 0, 1, { containerIndex: 0, iteration: 0, attempt: 1, firstSeq: 0, count: 1 })
  t.strictSame([...buffer.take()], [{ n: 1 }])
  t.match(buffer, { length: 0, bytes: 0, full: false })
  t.equal(notesOf(buffer.take()).segments, undefined)
})

t.test('counts how often one object occurs within a batch', async (t) => {
  const buffer = new BatchBuffer({ maxRecords: 10, maxBytes: Infinity })
  const same = { n: 1 }
  buffer.addRun([same, { n: 1 }, same, same], 0, 4)
  buffer.take()
  buffer.addRun([same], 0, 1)
  buffer.take()
  t.equal(buffer.repeated, 2)
})
