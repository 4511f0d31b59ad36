import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { annotate, markerBatch, notesOf } from '../../lib/core/batch.ts'
import { Marker } from '../../lib/core/marker.ts'
import {
  DistributedResultCollector,
  type DistributedResultCollectorOptions,
} from '../../lib/distributed-result-collector.ts'
import { ResultStreamer } from '../../lib/result-streamer.ts'
import { collect, numbers, numbersFrom, readAll, writeAll } from '../helpers/collector-sources.ts'
import { atRest, closed } from '../helpers/leaks.ts'

/** Reads everything that is queued. */
function readWaiting(collector: Readable): unknown[] {
  const items: unknown[] = []
  for (let item: unknown = collector.read(); item !== null; item = collector.read()) items.push(item)
  return items
}

t.test('merges its sources and keeps the order of each', async (t) => {
  const [collector, ...sources] = collect(3)
  const [{ items }] = await Promise.all([
    readAll(collector),
    ...sources.map((source, index) => pipeline(numbers(index, 2000), source)),
  ])
  t.equal(items.length, 6000)
  for (const source of [0, 1, 2]) t.strictSame(numbersFrom(items, source), [...Array(2000).keys()])
  t.match(collector.stats, { accepted: 6000, delivered: 6000, queued: 0, queuedBytes: 0, open: 0, failed: 0 })
  await closed(collector)
})

t.test('the results of several sources reach the files of a ResultStreamer', async (t) => {
  const outputDir = join(t.testdir(), 'run')
  const streamer = new ResultStreamer({ workflowId: 'search', outputDir })
  const [collector, ...sources] = collect(4, { batches: true, maxQueueRecords: 100 })
  await Promise.all([
    pipeline(collector, streamer),
    ...sources.map((source, index) =>
      pipeline(
        (function* () {
          for (const { n } of numbers(index, 50))
            yield [{ phase: 'p', container: `c${index}`, result: { metrics: { n } } }]
        })(),
        source,
      ),
    ),
  ])
  const lines = readFileSync(join(outputDir, 'results', 'p', 'part-00000.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
  const records = lines.map((line) => JSON.parse(line) as { container: string; result: { metrics: { n: number } } })
  t.equal(records.length, 200)
  for (const index of sources.keys()) {
    const own = records.filter(({ container }) => container === `c${index}`)
    t.strictSame(
      own.map(({ result }) => result.metrics.n),
      [...Array(50).keys()],
    )
  }
})

t.test('emits single records, for records and arrays', async (t) => {
  const [collector, source] = collect(1)
  source!.write({ n: 0 })
  source!.write([{ n: 1 }, { n: 2 }])
  source!.write([])
  source!.end({ n: 3 })
  t.strictSame((await readAll(collector)).items, [{ n: 0 }, { n: 1 }, { n: 2 }, { n: 3 }])
})

t.test('with `batches`, emits arrays unchanged and with their metadata', async (t) => {
  const [collector, source] = collect(1, { batches: true })
  const segments = [{ count: 2, containerIndex: 4, iteration: 0, attempt: 1, firstSeq: 0 }]
  const batch = annotate([{ n: 1 }, { n: 2 }], { segments })
  source!.write({ n: 0 })
  source!.end(batch)
  const { items } = await readAll(collector)
  t.strictSame(items[0], [{ n: 0 }])
  t.equal(items[1], batch)
  t.equal(notesOf(items[1]).segments, segments)
})

for (const batches of [false, true]) {
  t.test(`emits markers at their position among ${batches ? 'batches' : 'single records'}`, async (t) => {
    const [collector, source] = collect(1, { batches })
    const marker = new Marker('durable')
    writeAll(source!, [{ n: 0 }, [{ n: 1 }], markerBatch(marker), { n: 2 }])
    source!.end()
    const { items } = await readAll(collector)
    t.equal(
      items.findIndex((item) => notesOf(item).marker === marker),
      2,
    )
    t.equal(items.length, 4)
  })
}

t.test('an element that is not a record does not end the stream', async (t) => {
  const [collector, source] = collect(1)
  source!.end([{ n: 0 }, null, { n: 1 }])
  t.strictSame((await readAll(collector)).items, [{ n: 0 }, [null], { n: 1 }])
})

t.test('reads the sources with queued records in turn', async (t) => {
  const [collector, fast, slow, late] = collect(3, { batches: true })
  writeAll(
    fast!,
    ['f1', 'f2', 'f3', 'f4', 'f5'].map((name) => [{ name }]),
  )
  writeAll(slow!, [[{ name: 's1' }], [{ name: 's2' }]])
  const take = () => (collector.read() as [{ name: string }])[0].name
  t.strictSame([take(), take(), take()], ['f1', 's1', 'f2'])
  late!.write([{ name: 'l1' }])
  t.strictSame([take(), take(), take(), take(), take()], ['s2', 'f3', 'l1', 'f4', 'f5'])
  t.equal(collector.read(), null)
  collector.destroy()
})

t.test('reads one chunk of a source in turn, also when it emits single records', async (t) => {
  const [collector, first, second] = collect(2)
  writeAll(first!, [[{ a: 1 }, { a: 2 }], [{ a: 3 }]])
  writeAll(second!, [{ b: 1 }, [{ b: 2 }, { b: 3 }]])
  t.strictSame(readWaiting(collector), [{ a: 1 }, { a: 2 }, { b: 1 }, { a: 3 }, { b: 2 }, { b: 3 }])
  collector.destroy()
})

t.test('a source that writes nothing does not block the others', async (t) => {
  const [collector, busy, idle] = collect(2, { maxQueueRecords: 10 })
  const reading = readAll(collector)
  await pipeline(numbers(0, 500), busy!)
  t.equal(await atRest(() => collector.stats.delivered), 500)
  t.equal(collector.stats.open, 1)
  idle!.end()
  t.equal((await reading).items.length, 500)
})

t.test('a source is paused at its limit of queued records, and blocks no other', async (t) => {
  const [collector, busy, other] = collect(2, { maxQueueRecords: 100 })
  let pulled = 0
  const writing = pipeline(
    (function* () {
      while (pulled < 1000) yield { source: 0, n: pulled++ }
    })(),
    busy!,
  )
  await atRest(() => pulled)
  t.equal(collector.stats.sources[0]?.queued, 100)
  // One record is held back, one waits after it, and the source itself has read one or two more.
  t.ok(pulled <= 104, `${pulled} pulled`)
  await pipeline(numbers(1, 100), other!)
  t.equal(collector.stats.sources[1]?.queued, 100)
  const [{ items }] = await Promise.all([readAll(collector), writing])
  t.strictSame(numbersFrom(items, 0), [...Array(1000).keys()])
})

t.test('a source is paused at its limit of queued bytes', async (t) => {
  const [collector, source] = collect(1, { maxQueueBytes: 10_000 })
  const batches = Array.from({ length: 20 }, (_, n) => [{ n, text: 'x'.repeat(900) }])
  const writing = pipeline(batches, source!)
  const { queued, queuedBytes } = (await atRest(() => collector.stats.queued), collector.stats)
  t.ok(queuedBytes <= 10_000, `${queuedBytes} bytes`)
  t.equal(queued, 10)
  const [{ items }] = await Promise.all([readAll(collector), writing])
  t.equal(items.length, 20)
})

t.test('a chunk larger than the limits is accepted when the queue is empty', async (t) => {
  const [collector, source] = collect(1, { maxQueueRecords: 10, batches: true })
  const large = [...numbers(0, 25)]
  writeAll(source!, [[{ n: 0 }], large, large])
  t.equal(collector.stats.queued, 1)
  collector.read()
  t.equal(collector.stats.queued, 25)
  source!.end()
  t.strictSame((await readAll(collector)).items, [large, large])
})

t.test('delivers no record before its reader requests it', async (t) => {
  const [collector, source] = collect(1)
  writeAll(source!, numbers(0, 10))
  t.match(collector.stats, { accepted: 10, delivered: 0 })
  collector.read()
  await setImmediate()
  t.match(collector.stats, { delivered: 1, queued: 9 })
  collector.destroy()
})

t.test('ends when the last source has ended, and not before', async (t) => {
  const [collector, first, second] = collect(2)
  let ended = false
  const reading = readAll(collector).then(() => (ended = true))
  first!.end()
  await atRest(() => collector.stats.open)
  t.equal(ended, false)
  second!.end()
  await reading
  t.equal(ended, true)
})

t.test('a source can end before the reader starts', async (t) => {
  const [collector, source] = collect(1)
  await pipeline(numbers(0, 100), source!)
  t.match(collector.stats.sources[0], { state: 'ended', accepted: 100, delivered: 0, queued: 100 })
  t.equal((await readAll(collector)).items.length, 100)
})

t.test('can be read as a web stream', async (t) => {
  const [collector, first, second] = collect(2)
  first!.end([...numbers(0, 30)])
  second!.end([...numbers(1, 30)])
  const items: unknown[] = []
  for await (const item of Readable.toWeb(collector)) items.push(item)
  t.strictSame(numbersFrom(items, 0), [...Array(30).keys()])
  t.strictSame(numbersFrom(items, 1), [...Array(30).keys()])
})

t.test('rejects invalid options', async (t) => {
  const refused: [options: object, message: RegExp][] = [
    [{}, /`workflowId` to be a non-empty string/],
    [{ workflowId: 'w' }, /`numSources` to be an integer from 1 up, got undefined/],
    [{ workflowId: 'w', numSources: 0 }, /`numSources`/],
    [{ workflowId: 'w', numSources: 1.5 }, /`numSources`/],
    [{ workflowId: 'w', numSources: 1, maxQueueRecords: 0 }, /`maxQueueRecords`/],
    [{ workflowId: 'w', numSources: 1, maxQueueBytes: Infinity }, /`maxQueueBytes`/],
    [{ workflowId: 'w', numSources: 1, maxQueueSize: 5 }, /Unknown option.*`maxQueueSize`/],
    [{ workflowId: 'w', numSources: 1, batch: true }, /Did you mean `batches`/],
    [{ workflowId: 'w', numSources: 1, signal: 'x' }, /`signal` to be an AbortSignal/],
  ]
  for (const [options, message] of refused) {
    t.throws(() => new DistributedResultCollector(options as DistributedResultCollectorOptions), {
      code: 'ERR_SPILLWAY_OPTION',
      message,
    })
  }
  t.throws(() => new DistributedResultCollector(undefined as never), { code: 'ERR_SPILLWAY_OPTION' })
})
