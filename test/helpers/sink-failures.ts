/**
 * The behaviour of a RecordSink on failures, in every format: failing disks, sources and streams, aborts, and
 * impossible places.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Test } from 'tap'
import { annotate, markerBatch } from '../../lib/core/batch.ts'
import { Marker } from '../../lib/core/marker.ts'
import { RecordSink } from '../../sinks/record-sink.ts'
import type { RecordSinkOptions } from '../../sinks/options.ts'
import { faultyTarget, systemError, type Faults } from '../../lib/testing/faulty-target.ts'
import { atRest, closed, errorOf, openResources } from './leaks.ts'
import { numbersOf, rowsOfFile, type SinkFormat } from './sink-formats.ts'
import { expectCounts, numbered, range, writeAll } from './sink-conformance.ts'

/** Runs the suite on one format. */
export function sinkFailures(t: Test, format: SinkFormat): void {
  const { options, extension } = format
  const fileIn = (t: Test) => join(t.testdir(), `results.${extension}`)
  const noSpace = { code: 'ERR_SPILLWAY_IO', message: /Free space on the disk/, cause: { code: 'ENOSPC' } }
  const small = { inferRows: 1, rowGroupRows: 10, highWaterMark: 1 }

  for (const part of [0, 7]) {
    t.test(`truncates a partial write to a full disk (${part} bytes)`, async (t) => {
      const before = openResources()
      const path = fileIn(t)
      let length = 0
      const disk = { freeBytes: Infinity }
      const openTarget = faultyTarget({
        disk,
        before({ operation, call, bytes }) {
          if (operation !== 'write') return
          if (call < 3) length += bytes
          else disk.freeBytes = part
        },
      })
      const sink = new RecordSink({ ...options, ...small, path, openTarget })
      // Encoded bytes are written when the source pauses.
      const chunks = async function* () {
        for (let from = 0; from < 1000; from += 10) {
          yield numbered(from, from + 10)
          for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate)
        }
      }
      await t.rejects(pipeline(chunks, sink), { ...noSpace, place: { path } })
      await closed(sink)
      t.equal(readFileSync(path).length, length)
      const { recordsIn, written, rejected, inFlight } = sink.stats
      t.equal(recordsIn, written + rejected + inFlight)
      if (options.format !== 'parquet') {
        t.strictSame(
          numbersOf(await rowsOfFile(path, format)),
          range(0, written),
          'counts only the records in the file',
        )
      }
      t.strictSame(openResources(), before)
    })
  }

  t.test('keeps the first failure when closing fails, too', async (t) => {
    const openTarget = faultyTarget({
      write: { code: 'ENOSPC' },
      truncate: { code: 'EIO' },
      close: { code: 'EBADF' },
    })
    const run = writeAll(numbered(0, 500), { ...options, path: fileIn(t), openTarget })
    await t.rejects(run, noSpace)
  })

  for (const [operation, faults] of Object.entries<Faults>({
    sync: { sync: { code: 'EIO' } },
    close: { close: { code: 'EIO' } },
    open: { open: { code: 'EACCES' } },
  })) {
    t.test(`fails with the path when ${operation} fails`, async (t) => {
      const before = openResources()
      const path = fileIn(t)
      const sink = new RecordSink({ ...options, path, openTarget: faultyTarget(faults) })
      const message = new RegExp(`Cannot ${operation} .*results`)
      await t.rejects(pipeline(numbered(0, 5), sink), { code: 'ERR_SPILLWAY_IO', message, place: { path } })
      await closed(sink)
      t.strictSame(openResources(), before)
    })
  }

  t.test('fails the marker whose records cannot be written', async (t) => {
    const openTarget = faultyTarget({ write: { code: 'EDQUOT' } })
    const sink = new RecordSink({ ...options, path: fileIn(t), openTarget })
    const markers = [new Marker('written'), new Marker('durable')]
    const receipts = markers.map(({ receipt }) => receipt)
    sink.write(numbered(0, 3))
    for (const marker of markers) sink.write(markerBatch(marker))
    await errorOf(sink)
    for (const receipt of receipts) await t.rejects(receipt, { code: 'ERR_SPILLWAY_IO', message: /quota/ })
  })

  t.test('waits for a slow file', async (t) => {
    const path = fileIn(t)
    let writing = 0
    let mostAtOnce = 0
    const openTarget = faultyTarget({
      async before({ operation }) {
        if (operation !== 'write') return
        mostAtOnce = Math.max(mostAtOnce, ++writing)
        await atRest(() => 0)
        writing -= 1
      },
    })
    await writeAll([numbered(0, 30), numbered(30, 60)], { ...options, ...small, path, openTarget })
    t.equal(mostAtOnce, 1)
    t.strictSame(numbersOf(await rowsOfFile(path, format)), range(0, 60))
  })

  t.test('has every record before the failure of its source in the file when it is closed', async (t) => {
    const path = fileIn(t)
    const failure = new Error('the source failed')
    const sink = new RecordSink({ ...options, path })
    const source = async function* () {
      yield* numbered(0, 137)
      yield numbered(137, 150)
      throw failure
    }
    await t.rejects(pipeline(source, sink), failure)
    await closed(sink)
    t.strictSame(numbersOf(await rowsOfFile(path, format)), range(0, 150))
    expectCounts(t, sink, 150)
  })

  t.test('loses no record when it is destroyed while it opens', async (t) => {
    const path = fileIn(t)
    const sink = new RecordSink({ ...options, path })
    const marker = new Marker('durable')
    for (const record of numbered(0, 10)) sink.write(record)
    sink.write(markerBatch(marker))
    sink.destroy()
    t.match(await marker.receipt, { rows: 10 })
    await closed(sink)
    t.strictSame(numbersOf(await rowsOfFile(path, format)), range(0, 10))
    expectCounts(t, sink, 10)
  })

  t.test('changes no file when it is destroyed before any write', async (t) => {
    const path = fileIn(t)
    writeFileSync(path, 'precious')
    const sink = new RecordSink({ ...options, path, onExisting: 'overwrite', signal: AbortSignal.abort() })
    t.equal((await errorOf(sink)).name, 'AbortError')
    await closed(sink)
    t.equal(readFileSync(path, 'utf8'), 'precious')
  })

  t.test('keeps the accepted records when it is aborted halfway', async (t) => {
    const path = fileIn(t)
    const controller = new AbortController()
    const sink = new RecordSink({ ...options, path, signal: controller.signal })
    for (const record of numbered(0, 40)) sink.write(record)
    await new Promise((resolve) => sink.write(numbered(40, 45), resolve))
    for (const record of numbered(45, 60)) sink.write(record)
    controller.abort()
    t.equal((await errorOf(sink)).name, 'AbortError')
    await closed(sink)
    t.strictSame(numbersOf(await rowsOfFile(path, format)), range(0, 60))
    expectCounts(t, sink, 60)
  })

  t.test('writes every record once when it is aborted from within onReject', async (t) => {
    const path = fileIn(t)
    const controller = new AbortController()
    const onReject = () => {
      controller.abort()
    }
    const sink = new RecordSink({ ...options, path, onReject, inferRows: 2, signal: controller.signal })
    await new Promise((resolve) => sink.write(numbered(0, 2), resolve))
    for (const record of [...numbered(2, 5), { n: Symbol('no') }, ...numbered(5, 9)]) sink.write(record)
    await errorOf(sink)
    await closed(sink)
    t.strictSame(numbersOf(await rowsOfFile(path, format)), range(0, 9))
    expectCounts(t, sink, 9, 1)
  })

  t.test('writes every record once when it is aborted from within onWritten', async (t) => {
    const path = fileIn(t)
    const controller = new AbortController()
    const onWritten = () => {
      controller.abort()
    }
    const sink = new RecordSink({ ...options, path, inferRows: 1, signal: controller.signal })
    await new Promise((resolve) => sink.write(numbered(0, 1), resolve))
    sink.write(numbered(1, 2))
    sink.write(annotate(numbered(2, 4), { onWritten }))
    for (let n = 4; n < 10; n++) sink.write(numbered(n, n + 1))
    await errorOf(sink)
    await closed(sink)
    t.strictSame(numbersOf(await rowsOfFile(path, format)), range(0, 10))
    expectCounts(t, sink, 10)
  })

  t.test('fails when onReject fails, and keeps the earlier records', async (t) => {
    const path = fileIn(t)
    const failure = new Error('no room for rejections')
    const onReject = () => Promise.reject(failure)
    const sink = new RecordSink({ ...options, path, onReject })
    await t.rejects(pipeline([...numbered(0, 5), { n: Symbol('no') }, ...numbered(5, 9)], sink), failure)
    await closed(sink)
    t.strictSame(numbersOf(await rowsOfFile(path, format)), range(0, 5))
  })

  t.test('fails when its output stream fails', async (t) => {
    const broken = () =>
      new Writable({ write: (_chunk, _encoding, callback) => callback(systemError('EPIPE')) }).on('error', () => {})
    const run = writeAll(numbered(0, 5), { ...options, stream: broken() })
    await t.rejects(run, { code: 'ERR_SPILLWAY_IO', cause: { code: 'EPIPE' } })
  })

  t.test('fails when its output stream is closed, before or during a write', async (t) => {
    const stream = new PassThrough({ highWaterMark: 1 })
    const chunks = [numbered(0, 50), numbered(50, 100)]
    const run = t.rejects(writeAll(chunks, { ...options, ...small, stream }), { code: 'ERR_SPILLWAY_IO' })
    await new Promise((resolve) => stream.once('readable', resolve))
    await atRest(() => stream.writableLength)
    stream.destroy()
    await run
    await t.rejects(writeAll(chunks, { ...options, ...small, stream }), { code: 'ERR_SPILLWAY_IO' })
    t.equal(stream.listenerCount('error') + stream.listenerCount('close'), 0)
  })

  t.test('has no dead-letter file for a stream without deadLetterPath', async (t) => {
    const run = writeAll([{ n: Symbol('no') }], { ...options, stream: new PassThrough() })
    await t.rejects(run, { code: 'ERR_SPILLWAY_VALUE', message: /field n: a symbol .*Set `deadLetterPath`/ })
  })

  t.test('reports which place is impossible, and why', async (t) => {
    const root = t.testdir({ file: '' })
    const place = (place: Partial<RecordSinkOptions>) => writeAll(numbered(0, 1), { ...options, ...place })
    const code = 'ERR_SPILLWAY_IO'
    await t.rejects(place({ path: join(root, 'file', 'x') }), { code, message: /a part of the path is a file/ })
    await t.rejects(place({ directory: join(root, 'file') }), { code, message: /a part of the path is a file/ })
    await t.rejects(place({ path: root, onExisting: 'overwrite' }), { code, message: /the path is a directory/ })
    const openTarget = faultyTarget({ open: { code: 'ENOENT' } })
    await t.rejects(place({ path: join(root, 'x'), openTarget }), {
      code,
      message: /no other process removes the directory/,
    })
    t.equal(existsSync(join(root, 'x')), false)
  })
}
