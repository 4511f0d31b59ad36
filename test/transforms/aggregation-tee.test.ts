/**
 * The tee passes on its input unchanged, and returns aggregates of it on request.
 */
import { once } from 'node:events'
import { mock } from 'node:test'
import { PassThrough, Readable, Transform, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import { annotate, markerBatch, notesOf, recordsOf } from '../../lib/core/batch.ts'
import { Marker } from '../../lib/core/marker.ts'
import type { ResultRecord } from '../../lib/core/record.ts'
import type { AggregateSummary } from '../../transforms/aggregate/summaries.ts'
import { AggregationTee, type AggregationTeeOptions } from '../../transforms/aggregation-tee.ts'

const score = { phase: 'search', objective: { metric: 'score' } } as const

function records(...scores: number[]): ResultRecord[] {
  return scores.map((score, place) => ({ container: 'x', timestamp: place, result: { metrics: { score } } }))
}

function countIn(summary: AggregateSummary | null): number {
  return summary?.phases['search']?.count ?? 0
}

/** A sink that rejects negative scores and reports the written batches when `report` is called. */
class FakeSink extends Writable {
  readonly chunks: unknown[] = []
  #reported = 0

  constructor() {
    super({ objectMode: true })
  }

  report(): void {
    for (; this.#reported < this.chunks.length; this.#reported++) {
      const chunk = this.chunks[this.#reported]
      const scores = recordsOf(chunk).map((record) => (record.result as { metrics: { score: number } }).metrics.score)
      notesOf(chunk).onWritten?.(scores.flatMap((score, place) => (score < 0 ? [place] : [])))
    }
  }

  override _write(chunk: unknown, _encoding: BufferEncoding, callback: () => void): void {
    this.chunks.push(chunk)
    callback()
  }
}

async function passed(chunks: readonly unknown[], options: AggregationTeeOptions = score) {
  const tee = new AggregationTee(options)
  const out: unknown[] = []
  await pipeline(Readable.from(chunks), tee, async (source) => {
    for await (const chunk of source) out.push(chunk)
  })
  return { tee, out }
}

t.test('passes on records, batches and markers unchanged, in order', async (t) => {
  const batch = annotate(records(1, 2), {
    segments: [{ count: 2, containerIndex: 4, iteration: 0, attempt: 1, firstSeq: 0 }],
  })
  const chunks = [...records(3), batch, markerBatch(new Marker('written')), [], ...records(4)]
  const { tee, out } = await passed(chunks)
  t.equal(out.length, chunks.length)
  chunks.forEach((chunk, place) => t.equal(out[place], chunk))
  t.equal(countIn(tee.summary()), 4)
  t.equal([...tee.state.containerSummaries('search')][0]?.index, 4)
})

t.test('passes on values that are not records without counting them', async (t) => {
  const { tee, out } = await passed(['text', 5, records(1)])
  t.same(out.slice(0, 2), ['text', 5])
  t.equal(countIn(tee.summary()), 1)
})

t.test('keeps its memory limit without a reader', async (t) => {
  const tee = new AggregationTee(score)
  let written = 0
  while (tee.write(records(1)) && written < 100) written++
  await new Promise(setImmediate)
  while (!tee.writableNeedDrain && written < 100) {
    written++
    tee.write(records(1))
  }
  t.ok(tee.readableLength + tee.writableLength <= 5)
  t.ok(written < 100)
  tee.destroy()
})

t.test('refuses wrong options', async (t) => {
  const wrong = [{ snapshotIntervalMs: -1 }, { countWhen: 'sent' }, { signal: {} }, { topCount: -1 }, { topcount: 1 }]
  for (const options of wrong as AggregationTeeOptions[]) {
    t.throws(() => new AggregationTee(options), { code: 'ERR_SPILLWAY_OPTION' })
  }
})

t.test('fails when reading a record throws', async (t) => {
  const throwing = (thrown: unknown) => ({
    get result() {
      throw thrown
    },
  })
  await t.rejects(passed([throwing(new Error('getter'))]), { message: 'getter' })
  await t.rejects(passed([throwing('a string')]), { code: 'ERR_SPILLWAY_VALUE', message: /a string/ })
})

t.test('aborts', async (t) => {
  const controller = new AbortController()
  const tee = new AggregationTee({ ...score, signal: controller.signal })
  const snapshots = tee.aggregates
  tee.write(records(1))
  controller.abort()
  const [error] = (await once(tee, 'error')) as [Error]
  t.equal(error.name, 'AbortError')
  t.ok(snapshots.destroyed)
  await t.rejects(
    pipeline(Readable.from([records(1)]), new AggregationTee({ signal: AbortSignal.abort() }), new FakeSink()),
    { name: 'AbortError' },
  )
})

t.test('destroys the snapshots when it is destroyed early', async (t) => {
  const tee = new AggregationTee(score)
  const reading = tee.aggregates.toArray()
  tee.on('error', () => {})
  tee.destroy(new Error('cut'))
  await t.rejects(reading, { code: 'ERR_STREAM_PREMATURE_CLOSE' })
  t.ok(tee.aggregates.destroyed)
  t.ok(new AggregationTee(score).destroy().aggregates.destroyed)
})

t.test('computes snapshots only when they are read', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const tee = new AggregationTee({ ...score, snapshotIntervalMs: 50 })
  let made = 0
  const summary = tee.summary.bind(tee)
  tee.summary = () => {
    made++
    return summary()
  }
  tee.resume()
  const snapshots = tee.aggregates[Symbol.asyncIterator]() as AsyncIterator<AggregateSummary, undefined>
  const next = async () => (await snapshots.next()).value ?? null

  tee.write(records(1, 2))
  mock.timers.tick(500)
  t.equal(made, 0, 'there was no read yet')
  t.equal(countIn(await next()), 2, 'the first snapshot comes at once')

  mock.timers.tick(500)
  tee.write(records(3))
  t.equal(made, 1, 'there was no read since')
  t.equal(countIn(await next()), 3, 'the next snapshot comes at once, because the interval has passed')

  let settled = false
  const waiting = next().finally(() => (settled = true))
  tee.write(records(4))
  await new Promise(setImmediate)
  mock.timers.tick(49)
  await new Promise(setImmediate)
  t.notOk(settled, 'the interval has not passed')
  tee.write(records(5, 6))
  mock.timers.tick(1)
  t.equal(countIn(await waiting), 6, 'the snapshot has the latest state')

  const last = next()
  tee.end(records(7))
  t.equal(countIn(await last), 7, 'the final snapshot does not wait')
  t.equal(await next(), null)
  t.equal(made, 4)
})

t.test('emits one final snapshot, then ends, for a late reader', async (t) => {
  const { tee } = await passed([records(1, 2)])
  const snapshots = (await tee.aggregates.toArray()) as AggregateSummary[]
  t.equal(snapshots.length, 1)
  t.same(snapshots[0], tee.summary())
  t.equal(tee.aggregates, tee.aggregates)
})

t.test('emits only a first and a final snapshot with an infinite interval', async (t) => {
  const tee = new AggregationTee({ ...score, snapshotIntervalMs: Infinity })
  tee.resume()
  const snapshots: AggregateSummary[] = []
  const reading = (async () => {
    for await (const snapshot of tee.aggregates) {
      snapshots.push(snapshot as AggregateSummary)
      if (snapshots.length === 1) tee.end(records(1))
    }
  })()
  await reading
  t.same(snapshots.map(countIn), [0, 1])
})

t.test('does not leave a timer', async (t) => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = timers()
  const finished = new AggregationTee({ ...score, snapshotIntervalMs: 1e6 })
  const destroyed = new AggregationTee({ ...score, snapshotIntervalMs: 1e6 })
  for (const tee of [finished, destroyed]) {
    tee.resume()
    await tee.aggregates[Symbol.asyncIterator]().next()
  }
  t.equal(timers(), before, 'a waiting timer does not keep the process alive')
  const cleared = mock.method(globalThis, 'clearTimeout')
  t.teardown(() => cleared.mock.restore())
  finished.end()
  await once(finished, 'close')
  destroyed.destroy()
  await once(destroyed, 'close')
  t.equal(cleared.mock.callCount(), 2)
})

t.test('counts records that the sink has written, without rejected ones', async (t) => {
  const tee = new AggregationTee({ ...score, countWhen: 'written' })
  const sink = new FakeSink()
  const marker = markerBatch(new Marker('written'))
  const batch = records(1, -1, 2)
  await pipeline(Readable.from([batch, marker, ...records(4), Object.freeze(records(8, -8))]), tee, sink)
  t.equal(countIn(tee.summary()), 0, 'no batch is reported yet')
  t.equal(sink.chunks[0], batch)
  t.equal(sink.chunks[1], marker)
  t.equal(notesOf(marker).onWritten, undefined)
  t.same(sink.chunks[2], records(4), 'a single record is passed on as a batch of one')
})

t.test('emits the final snapshot when the last batch is reported', async (t) => {
  const tee = new AggregationTee({ ...score, countWhen: 'written' })
  const sink = new FakeSink()
  sink._final = () => {}
  const reading = tee.aggregates.toArray() as Promise<AggregateSummary[]>
  Readable.from([records(1, -1, 2), ...records(4, -4), Object.freeze(records(8, -8))])
    .pipe(tee)
    .pipe(sink)
  await once(tee, 'close')
  t.equal(countIn(tee.summary()), 0)
  sink.report()
  const last = (await reading).at(-1)!
  t.equal(countIn(last), 4)
  t.equal(last.phases['search']?.metrics['score']?.mean, 3.75)
  t.equal(last.phases['search']?.metrics['score']?.min, 1)
  t.same(last, tee.summary())
  sink.destroy()
})

t.test('calls an existing onWritten callback, and counts a batch once', async (t) => {
  const tee = new AggregationTee({ ...score, countWhen: 'written' })
  const reports: (readonly number[])[] = []
  const batch = annotate(records(1, -1), { onWritten: (rejected) => reports.push(rejected) })
  tee.end(batch)
  const [chunk] = await tee.toArray()
  t.equal(chunk, batch)
  notesOf(chunk).onWritten?.([1])
  notesOf(chunk).onWritten?.([1])
  t.same(reports, [[1], [1]])
  t.equal(countIn(tee.summary()), 1)
})

t.test('ends the snapshots when the sink has closed without reporting', async (t) => {
  const tee = new AggregationTee({ ...score, countWhen: 'written' })
  const reading = tee.aggregates.toArray() as Promise<AggregateSummary[]>
  await pipeline(Readable.from([records(1)]), tee, new FakeSink())
  t.equal(countIn((await reading).at(-1)!), 0)
})

t.test('destroys the snapshots when the sink fails after the tee has ended', async (t) => {
  const tee = new AggregationTee({ ...score, countWhen: 'written' })
  const sink = new FakeSink()
  sink._final = (callback) => callback(new Error('disk full'))
  const reading = tee.aggregates.toArray()
  await t.rejects(pipeline(Readable.from([records(1)]), tee, sink), { message: 'disk full' })
  await t.rejects(reading, { code: 'ERR_STREAM_PREMATURE_CLOSE' })
})

t.test('waits for a sink that comes after another stage', async (t) => {
  const tee = new AggregationTee({ ...score, countWhen: 'written' })
  const reading = tee.aggregates.toArray() as Promise<AggregateSummary[]>
  const stage = new PassThrough({ objectMode: true })
  const sink = new FakeSink()
  Readable.from([records(1)])
    .pipe(tee)
    .pipe(stage)
    .pipe(sink)
  await once(sink, 'close')
  sink.report()
  t.equal(countIn((await reading).at(-1)!), 1)
})

t.test('fails when reading a written record throws', async (t) => {
  const tee = new AggregationTee({ ...score, countWhen: 'written' })
  const snapshots = tee.aggregates
  const hostile = {
    get result() {
      throw new Error('getter')
    },
  }
  tee.write([hostile])
  const chunk: unknown = tee.read()
  notesOf(chunk).onWritten?.([])
  const [error] = (await once(tee, 'error')) as [Error]
  t.equal(error.message, 'getter')
  t.ok(snapshots.destroyed)
})

t.test('continues from a saved state', async (t) => {
  const { tee: before } = await passed([records(1, 2)])
  const tee = new AggregationTee(score)
  tee.state.merge(before.state)
  t.equal(countIn(tee.summary()), 2)
  t.ok(tee instanceof Transform)
  tee.destroy()
})
