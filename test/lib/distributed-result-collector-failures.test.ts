import { once } from 'node:events'
import { Readable, Transform, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { markerBatch } from '../../lib/core/batch.ts'
import { Marker } from '../../lib/core/marker.ts'
import type { SpillwayError } from '../../lib/core/errors.ts'
import { collect, numbers, numbersFrom, readAll, writeAll } from '../helpers/collector-sources.ts'
import { abortListeners, atRest, closed, errorOf } from '../helpers/leaks.ts'

t.test('before it fails, it delivers all records of a failed source and of the others', async (t) => {
  const [collector, good, bad] = collect(2, { maxQueueRecords: 5 })
  const failure = new Error('out of memory')
  const reported = once(collector, 'sourceFailed')
  // More records than the queue accepts, so that some wait in the stream before the queue.
  writeAll(bad!, numbers(1, 20))
  bad!.destroy(failure)
  const [early] = (await reported) as [SpillwayError]
  t.equal(collector.destroyed, false)
  t.match(collector.stats, { open: 1, failed: 1, queued: 20 })
  const [{ items, error }] = await Promise.all([readAll(collector), pipeline(numbers(0, 50), good!)])
  t.strictSame(numbersFrom(items, 1), [...Array(20).keys()])
  t.strictSame(numbersFrom(items, 0), [...Array(50).keys()])
  t.equal(error, early)
  t.match(error, {
    code: 'ERR_SPILLWAY_SOURCE',
    message: /^Source 1 of workflow "search" failed: out of memory\. /,
    place: { source: 1 },
  })
  t.equal((error as SpillwayError).cause, failure)
})

t.test('pipeline() of a failed source rejects with its own error, and the collector names the source', async (t) => {
  const [collector, source] = collect(1)
  const failure = new Error('boom')
  const failing = Readable.from(
    (async function* () {
      yield* numbers(0, 3)
      throw failure
    })(),
  )
  const reading = readAll(collector)
  await t.rejects(pipeline(failing, source!), failure)
  t.match((await reading).error, { code: 'ERR_SPILLWAY_SOURCE', place: { source: 0 } })
})

t.test('all records of a failed source pass through pipeline() before the next stream is destroyed', async (t) => {
  const [collector, source] = collect(1)
  writeAll(source!, numbers(0, 100))
  source!.destroy(new Error('boom'))
  const seen: unknown[] = []
  const slow = new Writable({
    objectMode: true,
    highWaterMark: 1,
    write: (item, _encoding, callback) => {
      seen.push(item)
      void setImmediate().then(() => callback())
    },
  })
  await t.rejects(pipeline(collector, slow), { code: 'ERR_SPILLWAY_SOURCE' })
  // The last records are in the queue of the next Writable, which may or may not write them.
  t.ok(seen.length + slow.writableLength >= 100, `${seen.length} and ${slow.writableLength}`)
  t.equal(collector.stats.delivered, 100)
})

t.test('the error names all failed sources and the first failure', async (t) => {
  const [collector, ...sources] = collect(4)
  const reported: SpillwayError[] = []
  collector.on('sourceFailed', (error: SpillwayError) => reported.push(error))
  sources[2]!.destroy(new Error('second to none'))
  sources[0]!.destroy(new Error('later'))
  sources[1]!.end()
  sources[3]!.destroy()
  const { error } = await readAll(collector)
  t.match(error, {
    code: 'ERR_SPILLWAY_SOURCE',
    message: /^3 sources failed: 0, 2, 3\. The first: Source 2 of workflow "search" failed: second to none/,
    cause: { message: 'second to none' },
    place: { source: 2 },
  })
  t.strictSame(
    reported.map(({ place }) => place.source),
    [2, 0, 3],
  )
})

t.test('a source that is destroyed before its end without an error has failed', async (t) => {
  const [collector, source] = collect(1)
  source!.write({ n: 0 })
  source!.destroy()
  const { items, error } = await readAll(collector)
  t.strictSame(items, [{ n: 0 }])
  t.match(error, { code: 'ERR_SPILLWAY_SOURCE', message: /it was destroyed before its end/, place: { source: 0 } })
  t.equal((error as SpillwayError).cause, undefined)
  t.equal(collector.stats.sources[0]?.state, 'failed')
})

t.test('passes on the AbortError of a source unchanged', async (t) => {
  const [collector, source] = collect(1)
  const controller = new AbortController()
  const reported = once(collector, 'sourceFailed')
  const writing = pipeline(
    (async function* () {
      yield { n: 0 }
      controller.abort()
      await setImmediate()
      yield { n: 1 }
    })(),
    source!,
    { signal: controller.signal },
  )
  await t.rejects(writing, { name: 'AbortError' })
  const { items, error } = await readAll(collector)
  t.strictSame(items, [{ n: 0 }])
  t.match(error, { name: 'AbortError', code: 'ABORT_ERR' })
  t.equal((await reported)[0], error)
})

t.test('reports a real failure before an abort', async (t) => {
  const [collector, first, second] = collect(2)
  first!.destroy(Object.assign(new Error('aborted'), { name: 'AbortError' }))
  second!.destroy(new Error('the reason'))
  const { error } = await readAll(collector)
  t.match(error, { message: /^2 sources failed: 0, 1\. The first: Source 1/, place: { source: 1 } })
})

t.test('a listener can destroy the collector as soon as a source fails', async (t) => {
  const [collector, first, second] = collect(2)
  collector.on('sourceFailed', (error: Error) => collector.destroy(error))
  const writing = pipeline(numbers(1, 1e6), second!)
  const reading = readAll(collector)
  first!.destroy(new Error('boom'))
  const closedOff = { code: 'ERR_SPILLWAY_CLOSED', message: /"search" failed \(Source 0 .*boom/ }
  await Promise.all([t.rejects(writing, closedOff), reading])
  t.match((await reading).error, { code: 'ERR_SPILLWAY_SOURCE', place: { source: 0 } })
})

t.test('destroying the collector settles all waiting writes', async (t) => {
  const [collector, source, idle, done] = collect(3, { maxQueueRecords: 2 })
  done!.end({ n: 0 })
  const answers: unknown[][] = [[], [], [], []]
  for (const answer of answers) source!.write({ n: 1 }, (error) => answer.push(error?.message ?? 'written'))
  const waiting = pipeline(numbers(1, 100), idle!)
  await atRest(() => collector.stats.queued)
  collector.destroy()
  await t.rejects(waiting, { code: 'ERR_SPILLWAY_CLOSED' })
  await Promise.all([closed(collector), closed(source!), closed(idle!), closed(done!)])
  t.strictSame(answers.slice(0, 2), [['written'], ['written']])
  for (const answer of answers.slice(2)) t.match(answer, [/"search" was closed, so this source is no longer read/])
  t.match(collector.stats, { queued: 0, queuedBytes: 0, open: 0 })
})

t.test('calls the callback of each write once, for any end', async (t) => {
  const endings: Record<string, (collector: Readable, source: Writable) => unknown> = {
    'the source is destroyed': (_collector, source) => source.destroy(),
    'the source fails': (_collector, source) => source.destroy(new Error('boom')),
    'the collector is destroyed': (collector) => collector.destroy(),
    'the collector fails': (collector) => collector.destroy(new Error('boom')),
    'all is read': (collector, source) => {
      source.end()
      collector.resume()
    },
  }
  for (const [title, finish] of Object.entries(endings)) {
    const [collector, source] = collect(1, { maxQueueRecords: 3 })
    collector.on('error', () => {})
    const answers = Array<number>(10).fill(0)
    for (const n of answers.keys()) source!.write({ n }, () => (answers[n]! += 1))
    await setImmediate()
    t.equal(answers.filter((count) => count > 0).length, 3, 'as many as the queue accepts')
    finish(collector, source!)
    collector.resume()
    await Promise.all([closed(source!), closed(collector)])
    await setImmediate()
    t.strictSame(answers, Array(10).fill(1), title)
  }
})

t.test('a write after the collector is destroyed fails with a clear error', async (t) => {
  const [collector, source] = collect(1)
  collector.destroy()
  await closed(collector)
  const error = await new Promise((resolve) => source!.write({ n: 0 }, resolve))
  t.match(error, { code: 'ERR_SPILLWAY_CLOSED', message: /Stop writing/ })
  t.equal(source!.write({ n: 1 }), false)
  await t.rejects(pipeline(numbers(0, 3), source!), { code: 'ERR_SPILLWAY_CLOSED' })
})

t.test('destroys its sources when a later stream of pipeline() fails', async (t) => {
  const [collector, source] = collect(1)
  const broken = new Transform({ objectMode: true, transform: (_r, _e, done) => done(new Error('disk full')) })
  const writing = pipeline(numbers(0, 1e6), source!)
  const sink = new Writable({ objectMode: true, write: (_r, _e, done) => done() })
  await Promise.all([
    t.rejects(pipeline(collector, broken, sink), { message: 'disk full' }),
    t.rejects(writing, { code: 'ERR_SPILLWAY_CLOSED' }),
  ])
})

t.test('destroys its sources with the AbortError of its signal', async (t) => {
  const controller = new AbortController()
  const [collector, source] = collect(1, { signal: controller.signal })
  const reading = readAll(collector)
  const writing = pipeline(numbers(0, 1e6), source!)
  controller.abort()
  await t.rejects(writing, { name: 'AbortError', code: 'ABORT_ERR' })
  t.match((await reading).error, { name: 'AbortError' })
  t.equal(abortListeners(controller.signal), 0)

  const [aborted, refused] = collect(1, { signal: AbortSignal.abort() })
  t.match(await errorOf(aborted), { name: 'AbortError' })
  await t.rejects(pipeline(numbers(0, 1), refused!), { name: 'AbortError' })
})

t.test('fails the markers that it drops', async (t) => {
  const [collector, source] = collect(1, { maxQueueRecords: 1 })
  const markers = [new Marker('written'), new Marker('written'), new Marker('durable')]
  const [queued, held, behind] = markers as [Marker, Marker, Marker]
  writeAll(source!, [markerBatch(queued), [{ n: 0 }, { n: 1 }], markerBatch(held), markerBatch(behind)])
  collector.destroy()
  for (const { receipt } of markers) await t.rejects(receipt, { code: 'ERR_SPILLWAY_CLOSED' })
})
