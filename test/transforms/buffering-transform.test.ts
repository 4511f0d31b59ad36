import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { PassThrough, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { mock } from 'node:test'
import fc from 'fast-check'
import t from 'tap'
import { annotate, markerBatch, notesOf } from '../../lib/core/batch.ts'
import { Marker } from '../../lib/core/marker.ts'
import { JsonlSink } from '../../sinks/jsonl-sink.ts'
import { BufferingTransform, type BufferingTransformOptions } from '../../transforms/buffering-transform.ts'
import { atRest } from '../helpers/leaks.ts'
import { streamBattery } from '../helpers/stream-battery.ts'

t.test('passes the stream battery', async (t) => {
  streamBattery(t, {
    kind: 'transform',
    make: (options) => new BufferingTransform({ bufferSize: 7, ...options }),
    maxRecords: 1200,
  })
})

function record(n: number): { n: number } {
  return { n }
}

function records(from: number, to: number): { n: number }[] {
  return Array.from({ length: to - from }, (_, index) => record(from + index))
}

/** The numbers of each batch that is emitted. */
async function batchesOf(source: Iterable<unknown>, options: BufferingTransformOptions): Promise<number[][]> {
  const batches: { n: number }[][] = await Readable.from(source).compose(new BufferingTransform(options)).toArray()
  return batches.map((batch) => batch.map(({ n }) => n))
}

t.test('makes batches of bufferSize records, and one of the rest', async (t) => {
  t.strictSame(await batchesOf(records(0, 7), { bufferSize: 3 }), [[0, 1, 2], [3, 4, 5], [6]])
})

t.test('joins small batches and splits large ones', async (t) => {
  const source = [records(0, 2), records(2, 9), record(9), records(10, 11)]
  t.strictSame(await batchesOf(source, { bufferSize: 4 }), [
    [0, 1, 2, 3],
    [4, 5, 6, 7],
    [8, 9, 10],
  ])
})

t.test('makes the same batches for any division of the input', async () => {
  const chunks = fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 12 })
  const property = fc.asyncProperty(chunks, fc.integer({ min: 1, max: 9 }), async (sizes, bufferSize) => {
    let length = 0
    const source = sizes.map((size) => {
      length += size
      return size === 1 ? record(length - 1) : records(length - size, length)
    })
    const byRecord = await batchesOf(records(0, length), { bufferSize })
    const byChunk = await batchesOf(source, { bufferSize })
    return JSON.stringify(byChunk) === JSON.stringify(byRecord)
  })
  await fc.assert(property, { numRuns: 60 })
})

t.test('ends a batch at maxBytes', async (t) => {
  const large = (n: number) => ({ n, text: 'x'.repeat(600) })
  const batches = await batchesOf([0, 1, 2, 3, 4].map(large), { maxBytes: 1000 })
  t.strictSame(batches, [[0, 1], [2, 3], [4]])
})

t.test('accepts a record larger than maxBytes', async (t) => {
  t.strictSame(await batchesOf([{ n: 0, text: 'x'.repeat(500) }, record(1)], { maxBytes: 100 }), [[0], [1]])
})

t.test('emits a batch that is not full after maxAgeMs', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const stream = new BufferingTransform({ maxAgeMs: 50 })
  stream.write(record(0))
  mock.timers.tick(30)
  stream.write(record(1))
  mock.timers.tick(19)
  t.equal(stream.read(), null)
  mock.timers.tick(1)
  t.strictSame(stream.read(), [record(0), record(1)])
  mock.timers.tick(1000)
  t.equal(stream.read(), null, 'emits no empty batch')
  stream.destroy()
})

t.test('counts the age from the first record of a batch', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const stream = new BufferingTransform({ bufferSize: 2, maxAgeMs: 50 })
  stream.write(record(0))
  mock.timers.tick(40)
  stream.write(records(1, 3))
  t.strictSame(stream.read(), [record(0), record(1)])
  mock.timers.tick(49)
  t.equal(stream.read(), null)
  mock.timers.tick(1)
  t.strictSame(stream.read(), [record(2)])
  stream.destroy()
})

t.test('keeps a batch until it is full when maxAgeMs is Infinity', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const stream = new BufferingTransform({ maxAgeMs: Infinity })
  stream.write(record(0))
  mock.timers.tick(2 ** 31)
  t.equal(stream.read(), null)
  stream.destroy()
})

t.test('does not queue batches that have reached maxAgeMs without a reader', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const stream = new BufferingTransform({ bufferSize: 1000, maxAgeMs: 50 })
  for (let n = 0; n < 100; n++) {
    stream.write(record(n))
    mock.timers.tick(50)
  }
  t.equal(stream.readableLength, 1)
  t.strictSame(stream.read(), [record(0)])
  await atRest(() => stream.readableLength)
  t.strictSame(stream.read(), records(1, 100), 'the batch is emitted with the next read')
  stream.write(record(100))
  await atRest(() => stream.stats.records)
  mock.timers.tick(50)
  t.strictSame(stream.read(), [record(100)], 'the age is counted again')
  stream.destroy()
})

t.test('emits the buffered records when flush() is called', async (t) => {
  const stream = new BufferingTransform({ maxAgeMs: Infinity })
  stream.flush()
  t.equal(stream.read(), null)
  stream.write(record(0))
  stream.write(record(1))
  t.match(stream.stats, { records: 2 })
  t.ok(stream.stats.bytes > 0)
  stream.flush()
  t.strictSame(stream.stats, { records: 0, bytes: 0, flushes: 1, repeated: 0 })
  t.strictSame(stream.read(), [record(0), record(1)])
  stream.end()
  stream.flush()
  t.strictSame(await stream.toArray(), [])
  stream.flush()
})

t.test('emits nothing on flush() after it was destroyed', async (t) => {
  const stream = new BufferingTransform()
  stream.write(record(0))
  stream.destroy()
  stream.flush()
  t.equal(stream.read(), null)
})

t.test('empties its buffer before a marker', async (t) => {
  const marker = new Marker('written')
  const stream = new BufferingTransform({ bufferSize: 2, maxAgeMs: Infinity })
  for (const chunk of [records(0, 3), markerBatch(marker), record(3)]) stream.write(chunk)
  stream.end()
  const seen = await stream.toArray()
  t.strictSame(
    seen.map((batch) => notesOf(batch).marker?.level ?? batch.map(({ n }: { n: number }) => n)),
    [[0, 1], [2], 'written', [3]],
  )
  t.equal(notesOf(seen[2]).marker, marker)
})

t.test('passes on the records of a batch with a marker once', async (t) => {
  const batch = annotate(records(0, 2), { marker: new Marker('written') })
  t.strictSame(await batchesOf([batch], {}), [[0, 1], []])
})

t.test('keeps the segments of the records in the notes of their batches', async (t) => {
  const who = { containerIndex: 4, iteration: 1, attempt: 2 }
  const stream = new BufferingTransform({ bufferSize: 3 })
  stream.write(annotate(records(0, 5), { segments: [{ ...who, firstSeq: 10, count: 5 }] }))
  stream.end(record(5))
  const batches = await stream.toArray()
  t.strictSame(
    batches.map((batch) => notesOf(batch).segments),
    [
      [{ ...who, firstSeq: 10, count: 3 }],
      [
        { ...who, firstSeq: 13, count: 2 },
        { containerIndex: -1, iteration: 0, attempt: 0, firstSeq: 0, count: 1 },
      ],
    ],
  )
})

t.test('adds no record for a segment with a count that is too large', async (t) => {
  const segment = { containerIndex: 0, iteration: 0, attempt: 1, firstSeq: 0, count: 9 }
  t.strictSame(await batchesOf([annotate(records(0, 2), { segments: [segment] })], {}), [[0, 1]])
})

t.test('publishes once that one object is written repeatedly, and counts it', async (t) => {
  const published: unknown[] = []
  const listen = (message: unknown) => {
    published.push(message)
  }
  subscribe('spillway:record:same-object', listen)
  t.teardown(() => unsubscribe('spillway:record:same-object', listen))
  const stream = new BufferingTransform({ bufferSize: 3 })
  const sink = new JsonlSink({ stream: new PassThrough().resume() })
  const same = { n: 0 }
  await pipeline(
    function* () {
      for (let n = 0; n < 6; n++) {
        same.n = n
        yield same
      }
    },
    stream,
    sink,
  )
  t.equal(stream.stats.repeated, 4)
  t.ok(sink.stats.repeated >= 4, 'the sink counts them, too')
  const message = { workflowId: null, phase: null, path: null, repeated: 2 }
  t.strictSame(published, [message, message])
})

t.test('passes on a record that throws when it is read', async (t) => {
  const shy = {
    get secret() {
      throw new Error('no')
    },
  }
  const stream = new BufferingTransform()
  stream.end(shy)
  const [batch] = await stream.toArray()
  t.equal(batch[0], shy)
})

t.test('refuses unknown options and wrong values', async (t) => {
  t.throws(() => new BufferingTransform({ buffersize: 10 } as BufferingTransformOptions), {
    code: 'ERR_SPILLWAY_OPTION',
    message: 'Unknown option of BufferingTransform: `buffersize`. Did you mean `bufferSize`?',
  })
  t.throws(() => new BufferingTransform({ bufferSize: 0 }), {
    message: 'Expected `bufferSize` to be an integer from 1 up, got 0 (number)',
  })
})
