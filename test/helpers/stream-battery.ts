/**
 * The tests that every stream of the toolkit must pass: order, backpressure, errors in each hook, abort, release, and
 * markers.
 */
import { Readable, Writable, type Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Test } from 'tap'
import { markerBatch, notesOf, recordsOf } from '../../lib/core/batch.ts'
import { Marker, type AckLevel } from '../../lib/core/marker.ts'
import { makeDeferred } from '../../lib/core/deferred.ts'
import type { OpenTarget } from '../../sinks/files/file-target.ts'
import { failingAfter } from '../../lib/testing/faulty-streams.ts'
import { faultyTarget } from '../../lib/testing/faulty-target.ts'
import { abortListeners, atRest, closed, openResources } from './leaks.ts'

/** A Transform to test. Records are `{ n }`. */
export interface TransformSubject {
  readonly kind: 'transform'
  readonly make: (options?: { signal?: AbortSignal }) => Transform
  /** Maximum number of records that it may accept without a reader, including those in its source. */
  readonly maxRecords: number
}

/** A Writable to test that writes files. Records are `{ n }`. */
export interface WritableSubject {
  readonly kind: 'writable'
  readonly make: (options: { directory: string; openTarget?: OpenTarget; signal?: AbortSignal }) => Writable
  /** The numbers in the files in the directory, in order. */
  readonly read: (directory: string) => Promise<number[]>
  /** Maximum number of records that it may accept while its files accept no bytes, including those in its source. */
  readonly maxRecords: number
  /** Characters of a text in each of these records, so that few records fill its chunks. @default 0 */
  readonly padding?: number
  /** Whether it has a `signal` option. @default true */
  readonly takesSignal?: boolean
  /** Releases the object that the stream belongs to. */
  readonly release?: (stream: Writable) => Promise<void>
}

/** A stream in its own pipeline, and the output of the stream. */
interface Run {
  readonly stream: Transform | Writable
  /** Sends a source through the stream. Settles as `pipeline` does. */
  readonly drive: (source: AsyncIterable<unknown> | Iterable<unknown>, signal?: AbortSignal) => Promise<void>
  /** The numbers in the output, in order. */
  readonly output: () => Promise<number[]>
}

const RECORDS = 500
const NUMBERS = Array.from({ length: RECORDS }, (_, n) => n)

/** Runs the battery on a stream. */
export function streamBattery(t: Test, subject: TransformSubject | WritableSubject): void {
  const runOf = (t: Test, signal?: AbortSignal): Run =>
    subject.kind === 'transform'
      ? runTransform(subject, signal)
      : runWritable(t, subject, { ...(signal && { signal }) })

  const released = async (stream: Transform | Writable) => {
    await closed(stream)
    if (subject.kind === 'writable') await subject.release?.(stream)
  }

  for (const [form, source] of Object.entries(SOURCES)) {
    t.test(`keeps the order of ${form}`, async (t) => {
      const { drive, output } = runOf(t)
      await drive(source())
      t.strictSame(await output(), NUMBERS)
    })
  }

  t.test('ends without an error when there are no records', async (t) => {
    const { drive, output } = runOf(t)
    await drive([])
    t.strictSame(await output(), [])
  })

  t.test('stops its source while it is stalled, and then continues', async (t) => {
    await (subject.kind === 'transform' ? stallTransform(t, subject) : stallWritable(t, subject))
  })

  t.test('releases all resources when its source fails', async (t) => {
    const before = openResources()
    const failure = new Error('the source failed')
    const { stream, drive } = runOf(t)
    await t.rejects(drive(failingAfter(RECORDS, failure)), failure)
    await released(stream)
    t.strictSame(openResources(), before)
  })

  const probe = runOf(t).stream.destroy()
  for (const hook of ['_construct', '_write', '_writev', '_transform', '_flush', '_final', '_destroy']) {
    if (typeof (probe as unknown as Record<string, unknown>)[hook] !== 'function') continue
    t.test(`passes an error in ${hook} to the pipeline once`, async (t) => {
      const before = openResources()
      const failure = new Error(`${hook} failed`)
      const { stream, drive } = runOf(t)
      failHook(stream, hook, failure)
      const errors: Error[] = []
      stream.on('error', (error) => errors.push(error))
      await t.rejects(drive(SOURCES.arrays()), failure)
      await released(stream)
      t.strictSame(errors, [failure])
      t.strictSame(openResources(), before)
    })
  }

  t.test('ends with the AbortError of a pipeline aborted halfway', async (t) => {
    const before = openResources()
    const controller = new AbortController()
    const { stream, drive } = runOf(t)
    await t.rejects(drive(aborting(controller), controller.signal), { name: 'AbortError', code: 'ABORT_ERR' })
    await released(stream)
    t.equal(abortListeners(controller.signal), 0)
    t.strictSame(openResources(), before)
  })

  if (subject.kind === 'transform' || subject.takesSignal !== false) {
    t.test('is destroyed by a signal that was aborted before', async (t) => {
      const before = openResources()
      const { stream, drive, output } = runOf(t, AbortSignal.abort())
      await t.rejects(drive(SOURCES.records()), { name: 'AbortError' })
      await released(stream)
      t.strictSame(await output(), [])
      t.strictSame(openResources(), before)
    })

    t.test('is destroyed by its signal halfway', async (t) => {
      const before = openResources()
      const controller = new AbortController()
      const { stream, drive } = runOf(t, controller.signal)
      await t.rejects(drive(aborting(controller)), { name: 'AbortError', code: 'ABORT_ERR' })
      await released(stream)
      t.equal(abortListeners(controller.signal), 0)
      t.strictSame(openResources(), before)
    })

    t.test('ignores its signal after its end', async (t) => {
      const controller = new AbortController()
      const { stream, drive, output } = runOf(t, controller.signal)
      await drive(SOURCES.records())
      await released(stream)
      controller.abort()
      t.equal(stream.errored, null)
      t.equal(abortListeners(controller.signal), 0)
      t.strictSame(await output(), NUMBERS)
    })
  }

  t.test('releases all resources when it is destroyed', async (t) => {
    const before = openResources()
    const unused = runOf(t).stream
    const { stream } = runOf(t)
    for (const n of NUMBERS.slice(0, 20)) stream.write({ n })
    stream.destroy()
    unused.destroy()
    await Promise.all([released(stream), released(unused)])
    t.strictSame(openResources(), before)
  })

  if (subject.kind === 'transform') markersPassTransform(t, subject)
  else markersReachWritable(t, subject)
}

const SOURCES = {
  *records() {
    for (const n of NUMBERS) yield { n }
  },
  *arrays() {
    for (let n = 0; n < RECORDS; n += 25) yield recordsFrom(n, n + 25)
  },
  *'records and arrays in turn'() {
    for (let n = 0; n < RECORDS; n += 25) {
      yield { n }
      yield recordsFrom(n + 1, n + 20)
      yield []
      for (let next = n + 20; next < n + 25; next++) yield { n: next }
    }
  },
}

function recordsFrom(from: number, to: number): { n: number }[] {
  return NUMBERS.slice(from, to).map((n) => ({ n }))
}

async function* aborting(controller: AbortController): AsyncGenerator {
  for (const n of NUMBERS) {
    if (n === RECORDS / 2) controller.abort()
    yield { n }
  }
}

/** Makes a hook call back with an error. `_destroy` does its work first. */
function failHook(stream: Transform | Writable, hook: string, failure: Error): void {
  const hooks = stream as unknown as Record<string, (...args: unknown[]) => void>
  const original = hooks[hook]?.bind(stream)
  hooks[hook] = (...args) => {
    const callback = args.at(-1) as (error: Error) => void
    if (hook !== '_destroy') callback(failure)
    else original?.(args[0], () => callback(failure))
  }
}

function runTransform(subject: TransformSubject, signal?: AbortSignal): Run {
  const stream = subject.make({ ...(signal && { signal }) })
  const output: number[] = []
  const collector = new Writable({
    objectMode: true,
    write(chunk, _encoding, callback) {
      output.push(...numbersIn(chunk))
      callback()
    },
  })
  return {
    stream,
    drive: (source, signal) => pipeline(source, stream, collector, { ...(signal && { signal }) }),
    output: async () => output,
  }
}

function runWritable(
  t: Test,
  subject: WritableSubject,
  options: { signal?: AbortSignal; openTarget?: OpenTarget },
): Run {
  const directory = t.testdir()
  const stream = subject.make({ directory, ...options })
  t.teardown(() => subject.release?.(stream))
  // Without a listener, an error of a stream without a pipeline would end the process.
  stream.on('error', () => {})
  return {
    stream,
    drive: (source, signal) => pipeline(source, stream, { ...(signal && { signal }) }),
    output: () => subject.read(directory),
  }
}

function numbersIn(chunk: unknown): number[] {
  return recordsOf(chunk).map(({ n }) => n as number)
}

/** Many more records than a stream may accept, counted when they are read. */
function counted(length: number, padding = 0): { source: Readable; pulled: () => number } {
  const text = { ...(padding > 0 && { text: 'x'.repeat(padding) }) }
  let pulled = 0
  function* generate() {
    while (pulled < length) yield { n: pulled++, ...text }
  }
  return { source: Readable.from(generate(), { highWaterMark: 1 }), pulled: () => pulled }
}

async function stallTransform(t: Test, subject: TransformSubject): Promise<void> {
  const length = subject.maxRecords * 3
  const { source, pulled } = counted(length)
  const stream = subject.make()
  const output: number[] = []
  const gate = makeDeferred<void>()
  const stalled = new Writable({
    objectMode: true,
    highWaterMark: 1,
    write(chunk, _encoding, callback) {
      output.push(...numbersIn(chunk))
      void gate.promise.then(() => callback())
    },
  })
  const done = pipeline(source, stream, stalled)
  t.ok((await atRest(pulled)) <= subject.maxRecords, `accepted ${pulled()} records, at most ${subject.maxRecords}`)
  gate.resolve()
  await done
  t.strictSame(output, [...Array(length).keys()])
}

async function stallWritable(t: Test, subject: WritableSubject): Promise<void> {
  const length = subject.maxRecords * 3
  const { source, pulled } = counted(length, subject.padding)
  const reached = makeDeferred<void>()
  const gate = makeDeferred<void>()
  const openTarget = faultyTarget({
    before: ({ operation }) => {
      if (operation !== 'write') return undefined
      reached.resolve()
      return gate.promise
    },
  })
  const { drive, output } = runWritable(t, subject, { openTarget })
  const done = drive(source)
  await Promise.race([reached.promise, done])
  t.ok((await atRest(pulled)) <= subject.maxRecords, `accepted ${pulled()} records, at most ${subject.maxRecords}`)
  gate.resolve()
  await done
  t.strictSame(await output(), [...Array(length).keys()])
}

function markersPassTransform(t: Test, subject: TransformSubject): void {
  t.test('passes on markers in order', async (t) => {
    const stream = subject.make()
    const [first, last] = [new Marker('written'), new Marker('durable')]
    for (const chunk of [{ n: 0 }, [{ n: 1 }, { n: 2 }], markerBatch(first), { n: 3 }, markerBatch(last)]) {
      stream.write(chunk)
    }
    stream.end()
    const seen: unknown[] = []
    for await (const chunk of stream) {
      const { marker } = notesOf(chunk)
      seen.push(...numbersIn(chunk), ...(marker === undefined ? [] : [marker]))
    }
    t.strictSame(
      seen.map((item) => (item === first ? 'first' : item === last ? 'last' : item)),
      [0, 1, 2, 'first', 3, 'last'],
    )
  })
}

function markersReachWritable(t: Test, subject: WritableSubject): void {
  for (const level of ['written', 'durable'] as const satisfies AckLevel[]) {
    t.test(`has the records before a marker in its files when the marker is ${level}`, async (t) => {
      const { stream, output } = runWritable(t, subject, {})
      const markers = [new Marker(level), new Marker(level)]
      const receipts = markers.map(({ receipt }) => receipt)
      stream.write({ n: 0 })
      stream.write([{ n: 1 }, { n: 2 }])
      stream.write(markerBatch(markers[0]!))
      await receipts[0]
      t.strictSame(await output(), [0, 1, 2])
      stream.write({ n: 3 })
      stream.end(markerBatch(markers[1]!))
      await receipts[1]
      await closed(stream)
      t.strictSame(await output(), [0, 1, 2, 3])
    })
  }

  t.test('answers a marker that comes before all records', async (t) => {
    const { stream, output } = runWritable(t, subject, {})
    const marker = new Marker('durable')
    stream.write(markerBatch(marker))
    t.match(await marker.receipt, { rows: 0 })
    stream.end({ n: 7 })
    await closed(stream)
    t.strictSame(await output(), [7])
  })
}
