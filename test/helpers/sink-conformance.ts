/**
 * The behaviour of a RecordSink in every format: parts, existing output, markers, streams.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { mock } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { Test } from 'tap'
import { annotate, markerBatch } from '../../lib/core/batch.ts'
import type { SameObjectMessage } from '../../lib/core/diagnostics.ts'
import { Marker } from '../../lib/core/marker.ts'
import { RecordSink } from '../../sinks/record-sink.ts'
import type { RecordSinkOptions } from '../../sinks/options.ts'
import { faultyTarget } from '../../lib/testing/faulty-target.ts'
import { atRest, closed } from './leaks.ts'
import { deadLettersOf, numbersOf, partsOf, rowsOfFile, rowsOfParts, type SinkFormat } from './sink-formats.ts'

/** Records `{ n, text }`. */
export function numbered(from: number, to: number): { n: number; text: string }[] {
  return Array.from({ length: to - from }, (_, index) => ({ n: from + index, text: `text ${from + index}` }))
}

/** The integers from `from` up to, but not including, `to`. */
export function range(from: number, to: number): number[] {
  return numbered(from, to).map(({ n }) => n)
}

/** Fails unless every record is counted as written, rejected or in flight. */
export function expectCounts(t: Test, { stats }: RecordSink, written: number, rejected = 0): void {
  t.match(stats, { recordsIn: written + rejected, written, rejected, inFlight: 0 }, 'the counts add up')
}

/** Writes chunks with a sink with the given options, and waits for its end. */
export async function writeAll(
  chunks: Iterable<unknown> | AsyncIterable<unknown>,
  options: RecordSinkOptions,
): Promise<RecordSink> {
  const sink = new RecordSink(options)
  await pipeline(chunks, sink)
  await closed(sink)
  return sink
}

/** Runs the suite on one format. */
export function sinkConformance(t: Test, format: SinkFormat): void {
  const { options, extension } = format
  const fileIn = (t: Test) => join(t.testdir(), `results.${extension}`)
  const refused = { code: 'ERR_SPILLWAY_EXISTS', message: /onExisting/ }

  t.test('writes one plain file, and creates its directory', async (t) => {
    const path = join(t.testdir(), 'some', 'where', `results.${extension}`)
    const sink = await writeAll([...numbered(0, 5), numbered(5, 300)], { ...options, path })
    t.strictSame(numbersOf(await rowsOfFile(path, format)), range(0, 300))
    expectCounts(t, sink, 300)
    t.equal(sink.stats.bytesWritten, statSync(path).size)
    t.equal(sink.stats.parts, 1)
  })

  t.test('writes a readable plain file also without records', async (t) => {
    const path = fileIn(t)
    await writeAll([], { ...options, path })
    t.strictSame(await rowsOfFile(path, format), [])
  })

  t.test('writes no part without records', async (t) => {
    const directory = t.testdir()
    const sink = await writeAll([[]], { ...options, directory })
    t.strictSame(partsOf(directory), [])
    t.equal(sink.stats.parts, 0)
  })

  t.test('writes large texts completely', async (t) => {
    const path = fileIn(t)
    const records = range(0, 60).map((n) => ({ n, text: String(n).repeat(20_000) }))
    await writeAll([records], { ...options, path })
    const rows = await rowsOfFile(path, format)
    t.ok(rows.every(({ text }, n) => text === String(n).repeat(20_000)))
    t.equal(rows.length, 60)
  })

  t.test('rotates at exactly partMaxRows', async (t) => {
    const directory = t.testdir()
    const chunks = [numbered(0, 25), ...numbered(25, 34), numbered(34, 40)]
    const sink = await writeAll(chunks, { ...options, directory, partMaxRows: 10 })
    const parts = await rowsOfParts(directory, format)
    t.strictSame(parts.map(numbersOf), [range(0, 10), range(10, 20), range(20, 30), range(30, 40)])
    t.equal(partsOf(directory)[1], join(directory, `part-00001.${extension}`))
    t.equal(sink.stats.parts, 4)
    expectCounts(t, sink, 40)
  })

  t.test('rotates as soon as a part has partMaxBytes on disk', async (t) => {
    const directory = t.testdir()
    const chunks = [0, 50, 100, 150].map((n) => numbered(n, n + 50))
    const bound = { partMaxBytes: 20, rowGroupRows: 50, inferRows: 1, highWaterMark: 1 }
    const sink = new RecordSink({ ...options, directory, ...bound })
    for (const chunk of chunks) {
      await new Promise((resolve) => sink.write(chunk, resolve))
      // Encoded bytes are written when the source pauses.
      await atRest(() => sink.stats.bytesWritten)
    }
    sink.end()
    await closed(sink)
    const parts = await rowsOfParts(directory, format)
    t.strictSame(parts.map(numbersOf), [range(0, 50), range(50, 100), range(100, 150), range(150, 200)])
    t.equal(
      sink.stats.bytesWritten,
      partsOf(directory).reduce((sum, path) => sum + statSync(path).size, 0),
    )
  })

  t.test('writes many records at once, and the rest when the source pauses', async (t) => {
    const path = join(t.testdir(), 'results')
    let writes = 0
    const openTarget = faultyTarget({
      before({ operation }) {
        if (operation === 'write') writes += 1
      },
    })
    const sink = new RecordSink({ ...options, path, openTarget, inferRows: 1, rowGroupRows: 1000 })
    await once(Readable.from(numbered(0, 5000)).pipe(sink, { end: false }), 'unpipe')
    if (options.format !== 'parquet') {
      while (sink.stats.written < 5000 || statSync(path).size < sink.stats.bytesWritten) await setImmediate()
      t.strictSame(numbersOf(await rowsOfFile(path, format)), range(0, 5000))
    }
    sink.end()
    await closed(sink)
    t.ok(writes < 50, `${writes} writes for 5,000 records that were written one by one`)
    t.strictSame(numbersOf(await rowsOfFile(path, format)), range(0, 5000))
  })

  t.test('rotates when a part is old enough', async (t) => {
    mock.timers.enable({ apis: ['setTimeout'] })
    t.teardown(() => mock.timers.reset())
    const directory = t.testdir()
    const sink = new RecordSink({ ...options, directory, partMaxAgeMs: 1000, inferRows: 1 })
    const put = (chunk: unknown) => new Promise((resolve) => sink.write(chunk, resolve))
    await put(numbered(0, 3))
    mock.timers.tick(999)
    await put(numbered(3, 4))
    mock.timers.tick(1)
    await put(numbered(4, 6))
    mock.timers.tick(1000)
    mock.timers.tick(1000)
    sink.end()
    await closed(sink)
    t.strictSame((await rowsOfParts(directory, format)).map(numbersOf), [range(0, 4), range(4, 6)])
  })

  t.test('refuses an existing file, and does not change it', async (t) => {
    const path = fileIn(t)
    writeFileSync(path, 'precious')
    await t.rejects(writeAll(numbered(0, 3), { ...options, path }), { ...refused, place: { path } })
    t.equal(readFileSync(path, 'utf8'), 'precious')
  })

  t.test('refuses a directory with parts of any format', async (t) => {
    const directory = t.testdir({ 'part-00003.other': '' })
    await t.rejects(writeAll(numbered(0, 3), { ...options, directory }), { ...refused, place: { path: directory } })
    t.strictSame(partsOf(directory), [join(directory, 'part-00003.other')])
  })

  t.test('refuses the dead letters of an earlier run before any write', async (t) => {
    const path = fileIn(t)
    writeFileSync(`${path}.dead-letter.jsonl`, '')
    await t.rejects(writeAll(numbered(0, 3), { ...options, path }), refused)
    t.equal(existsSync(path), false)
  })

  t.test('overwrites a file', async (t) => {
    const path = fileIn(t)
    await writeAll([...numbered(0, 50), { n: 50, text: Symbol('no') }], { ...options, path })
    await writeAll(numbered(50, 53), { ...options, path, onExisting: 'overwrite' })
    t.strictSame(numbersOf(await rowsOfFile(path, format)), range(50, 53))
    t.strictSame(deadLettersOf(`${path}.dead-letter.jsonl`), [])
  })

  t.test('overwrites the parts of a directory, and no other file', async (t) => {
    const directory = t.testdir({ 'part-00000.jsonl': '{}\n', 'part-00007.csv': 'a\n', 'notes.txt': 'mine' })
    await writeAll(numbered(0, 3), { ...options, directory, onExisting: 'overwrite' })
    t.strictSame(partsOf(directory), [join(directory, `part-00000.${extension}`)])
    t.equal(readFileSync(join(directory, 'notes.txt'), 'utf8'), 'mine')
  })

  t.test('adds parts after those in the directory', async (t) => {
    const directory = t.testdir()
    await writeAll(numbered(0, 3), { ...options, directory })
    await writeAll(numbered(3, 5), { ...options, directory, onExisting: 'append' })
    t.strictSame((await rowsOfParts(directory, format)).map(numbersOf), [range(0, 3), range(3, 5)])
  })

  for (const level of ['written', 'durable'] as const) {
    t.test(`answers a marker with the size of the file (${level})`, async (t) => {
      const path = fileIn(t)
      const sink = new RecordSink({ ...options, path })
      for (const to of [3, 6]) {
        const marker = new Marker(level)
        sink.write(numbered(to - 3, to))
        sink.write(markerBatch(marker))
        const receipt = await marker.receipt
        t.strictSame(receipt, { path, rows: to, offsetBytes: statSync(path).size })
        t.strictSame(numbersOf(await rowsOfFile(path, format)), range(0, to))
      }
      sink.end()
      await closed(sink)
      t.strictSame(numbersOf(await rowsOfFile(path, format)), range(0, 6))
    })
  }

  t.test('reports when a batch is written, and which of its records are rejected', async (t) => {
    const written: (readonly number[])[] = []
    const onWritten = (rejected: readonly number[]) => {
      written.push(rejected)
    }
    const bad = [{ n: 0 }, { n: new Map() }, { n: 1 }, { n: () => 0 }] as unknown as { n: number }[]
    await writeAll([annotate(bad, { onWritten }), annotate([{ n: 2 }], { onWritten })], {
      ...options,
      directory: t.testdir(),
    })
    t.strictSame(written, [[1, 3], []])
  })

  t.test('counts every state of a reused object that is lost, and publishes it with the file', async (t) => {
    const published: SameObjectMessage[] = []
    const listen = (message: unknown) => {
      published.push(message as SameObjectMessage)
    }
    subscribe('spillway:record:same-object', listen)
    t.teardown(() => unsubscribe('spillway:record:same-object', listen))
    for (const isBatch of [false, true]) {
      const path = join(t.testdir(), `${String(isBatch)}.${extension}`)
      const reused = { n: 0, text: '' }
      const sink = await writeAll(
        (function* () {
          for (let n = 0; n < 40; n++) {
            reused.n = n
            yield isBatch ? [reused] : reused
          }
        })(),
        { ...options, path },
      )
      const { repeated } = sink.stats
      const states = new Set(numbersOf(await rowsOfFile(path, format))).size
      t.ok(states < 40 && states + repeated >= 40, `${states} states are kept, ${repeated} objects were repeated`)
      const sum = published.reduce((total, message) => total + message.repeated, 0)
      t.equal(sum, repeated)
      for (const message of published.splice(0)) t.match(message, { workflowId: null, phase: null, path })
    }
  })

  t.test('writes to a stream, and does not end it', async (t) => {
    const stream = new PassThrough()
    const sink = await writeAll(numbered(0, 40), { ...options, stream })
    t.equal(stream.writableEnded, false)
    t.equal(stream.listenerCount('error'), 0)
    stream.end()
    const path = fileIn(t)
    writeFileSync(path, Buffer.concat(await stream.toArray()))
    t.strictSame(numbersOf(await rowsOfFile(path, format)), range(0, 40))
    expectCounts(t, sink, 40)
    t.equal(sink.deadLetterPath, null)
  })

  t.test('reports an unsupported compression, and writes without it', async (t) => {
    const directory = t.testdir()
    const sink = await writeAll(numbered(0, 2), { ...options, directory, compression: 'snappy' })
    t.strictSame(sink.stats.ignored, options.format === 'parquet' ? [] : ['compression'])
    t.equal(partsOf(directory)[0], join(directory, `part-00000.${options.format}`))
  })

  t.test('reads a web stream through Readable.fromWeb', async (t) => {
    const directory = t.testdir()
    const web = Readable.toWeb(Readable.from(numbered(0, 5)))
    await writeAll(Readable.fromWeb(web, { objectMode: true }), { ...options, directory })
    t.strictSame((await rowsOfParts(directory, format)).map(numbersOf), [range(0, 5)])
  })
}
