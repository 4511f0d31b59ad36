import { setImmediate } from 'node:timers/promises'
import { Writable } from 'node:stream'
import fc from 'fast-check'
import t from 'tap'
import { notesOf, type Batch } from '../../../lib/core/batch.ts'
import { PhaseFeed } from '../../../lib/execution/phase-feed.ts'

/** A sink that is written to by hand. */
function makeSink(highWaterMark = 100) {
  const batches: Batch[] = []
  const callbacks: ((error?: Error) => void)[] = []
  const sink = new Writable({
    objectMode: true,
    highWaterMark,
    write(batch: Batch, _encoding, callback) {
      batches.push(batch)
      callbacks.push(callback)
    },
  })
  return { sink, batches, callbacks }
}

const by = (containerIndex: number, firstSeq: number) => ({
  count: 0,
  containerIndex,
  iteration: 0,
  attempt: 1,
  firstSeq,
})

t.test('joins records of several containers, and notes who made which', async (t) => {
  const { sink, batches } = makeSink()
  const feed = new PhaseFeed(sink)
  void feed.add([{ n: 1 }, { n: 2 }], by(0, 0))
  void feed.add([{ n: 3 }], by(1, 0))
  void feed.add([{ n: 4 }], by(0, 2))
  t.strictSame(batches, [], 'they wait for the event loop to turn')
  await setImmediate()
  t.strictSame(batches.length, 1)
  t.strictSame([...(batches[0] ?? [])], [{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }])
  t.match(notesOf(batches[0]).segments, [
    { count: 2, containerIndex: 0, firstSeq: 0 },
    { count: 1, containerIndex: 1, firstSeq: 0 },
    { count: 1, containerIndex: 0, firstSeq: 2 },
  ])
  t.equal(feed.records, 4)
})

t.test('hands a full batch on at once', async (t) => {
  const { sink, batches } = makeSink()
  void new PhaseFeed(sink).add(
    Array.from({ length: 2500 }, (_, n) => ({ n })),
    by(0, 0),
  )
  t.equal(batches.length, 1, 'the second waits behind it in the stream, the rest for more')
  await setImmediate()
  t.match(notesOf(batches[0]).segments, [{ count: 1000, firstSeq: 0 }])
})

t.test('large records make small batches', async (t) => {
  const { sink, batches, callbacks } = makeSink()
  const feed = new PhaseFeed(sink)
  const text = 'x'.repeat(400_000)
  for (let n = 0; n < 9; n++) void feed.add([{ n, text }], by(0, n))
  void feed.end().catch(() => {})
  for (let n = 0; n < 9; n++) {
    callbacks.shift()?.()
    await setImmediate()
  }
  t.strictSame(
    batches.map(({ length }) => length),
    [3, 3, 3],
  )
})

t.test('its promise is the backpressure of the stream', async (t) => {
  const { sink, callbacks } = makeSink(1)
  const feed = new PhaseFeed(sink)
  const wait = feed.add(
    Array.from({ length: 1000 }, (_, n) => ({ n })),
    by(0, 0),
  )
  t.ok(wait, 'the stream is full')
  let drained = false
  void wait?.then(() => (drained = true))
  await setImmediate()
  t.notOk(drained)
  callbacks.shift()?.()
  await wait
  t.ok(drained)
})

t.test('a stream that fails fails whoever adds and waits', async (t) => {
  const { sink, callbacks } = makeSink(1)
  const feed = new PhaseFeed(sink)
  const wait = feed.add(
    Array.from({ length: 1000 }, (_, n) => ({ n })),
    by(0, 0),
  )
  callbacks.shift()?.(new Error('disk'))
  await t.rejects(wait as Promise<void>, { message: 'disk' })
  t.throws(() => feed.add([{}], by(0, 0)), { message: 'disk' })
  await t.rejects(feed.end(), { message: 'disk' })
})

t.test('every record comes out once, in the order of its container, with its own number', async () => {
  const run = fc.record({ container: fc.nat(3), count: fc.integer({ min: 0, max: 1500 }) })
  await fc.assert(
    fc.asyncProperty(fc.array(run, { maxLength: 8 }), async (runs) => {
      const got: unknown[] = []
      const sink = new Writable({
        objectMode: true,
        write(batch: Batch, _encoding, callback) {
          let at = 0
          for (const { count, containerIndex, firstSeq } of notesOf(batch).segments ?? []) {
            for (let i = 0; i < count; i++) got.push([containerIndex, firstSeq + i, batch[at++]?.['seq']])
          }
          setImmediate().then(() => callback(), callback)
        },
      })
      const feed = new PhaseFeed(sink)
      const next = [0, 0, 0, 0]
      const expected: unknown[] = []
      for (const { container, count } of runs) {
        const first = next[container] ?? 0
        const records = Array.from({ length: count }, (_, i) => ({ seq: first + i }))
        for (const { seq } of records) expected.push([container, seq, seq])
        await feed.add(records, by(container, first))
        next[container] = first + count
      }
      await feed.end()
      return JSON.stringify(got) === JSON.stringify(expected)
    }),
    { numRuns: 50 },
  )
})
