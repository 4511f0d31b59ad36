import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import { failingAfter, failingWritable, stallingAfter, stallingWritable } from '../../../lib/testing/faulty-streams.ts'
import { atRest, closed, errorOf } from '../../helpers/leaks.ts'

const failure = new Error('enough')

t.test('a failing source delivers all records from before its failure', async (t) => {
  for (const count of [0, 1, 5]) {
    const items: unknown[] = []
    const reading = async () => {
      for await (const item of failingAfter(count, failure)) {
        items.push(item)
        await new Promise(setImmediate)
      }
    }
    await t.rejects(reading(), failure)
    t.strictSame(
      items,
      Array.from({ length: count }, (_, n) => ({ n })),
    )
  }
})

t.test('a failing source delivers all records to a slow destination', async (t) => {
  const items: unknown[] = []
  const slow = new Writable({
    objectMode: true,
    highWaterMark: 1,
    write(item, _encoding, callback) {
      items.push(item)
      setImmediate(callback)
    },
  })
  const source = failingAfter(3, failure, (n) => [n, n * n])
  const failed = errorOf(source)
  source.pipe(slow)
  t.equal(await failed, failure)
  await atRest(() => items.length)
  t.strictSame(items, [
    [0, 0],
    [1, 1],
    [2, 4],
  ])
})

t.test('a stalling source delivers its records, then nothing, and closes when destroyed', async (t) => {
  const items: unknown[] = []
  const source = stallingAfter(3, (n) => n + 1).on('data', (item) => items.push(item))
  await atRest(() => items.length)
  t.strictSame(items, [1, 2, 3])
  t.notOk(source.readableEnded)
  source.destroy()
  await closed(source)
})

t.test('a stalling source closes when its pipeline is aborted', async (t) => {
  const controller = new AbortController()
  const items: unknown[] = []
  const source = stallingAfter(3)
  const done = pipeline(
    source,
    failingWritable(Number.MAX_SAFE_INTEGER, failure, (item) => items.push(item)),
    { signal: controller.signal },
  )
  await atRest(() => items.length)
  t.equal(items.length, 3)
  controller.abort()
  await t.rejects(done, { name: 'AbortError' })
  t.ok(source.destroyed)
})

t.test('a failing destination accepts chunks, then fails', async (t) => {
  const items: unknown[] = []
  const writing = pipeline(
    [1, 2, 3, 4, 5],
    failingWritable(3, failure, (item) => items.push(item)),
  )
  await t.rejects(writing, failure)
  t.strictSame(items, [1, 2, 3])
  await pipeline([1, 2, 3], failingWritable(3, failure))
})

t.test('a stalling destination accepts chunks, applies backpressure, and closes when destroyed', async (t) => {
  let pulled = 0
  const source = Readable.from(
    (function* () {
      for (;;) yield pulled++
    })(),
    { highWaterMark: 1 },
  )
  const items: unknown[] = []
  const stalled = stallingWritable(3, (item) => items.push(item))
  const done = pipeline(source, stalled)
  t.ok((await atRest(() => pulled)) <= 6, `${pulled} chunks were pulled`)
  t.strictSame(items, [0, 1, 2])
  stalled.destroy(failure)
  await t.rejects(done, failure)
  t.ok(source.destroyed)
})

t.test('a negative count is rejected', async (t) => {
  for (const make of [stallingAfter, stallingWritable]) {
    t.throws(() => make(-1), { code: 'ERR_SPILLWAY_OPTION', message: /Expected `count` to be an integer from 0 up/ })
  }
})
