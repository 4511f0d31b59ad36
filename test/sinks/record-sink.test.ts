import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import type { Rejection } from '../../lib/core/rejection.ts'
import { JsonlSink } from '../../sinks/jsonl-sink.ts'
import { CsvSink } from '../../sinks/csv-sink.ts'
import { ParquetSink } from '../../sinks/parquet-sink.ts'
import { RecordSink } from '../../sinks/record-sink.ts'
import { parseJsonl } from '../../transforms/parsing/parse-jsonl.ts'
import { closed } from '../helpers/leaks.ts'
import { numbersOf, rowsOfParts, variant } from '../helpers/sink-formats.ts'
import { streamBattery } from '../helpers/stream-battery.ts'

/** Records that fit the chunk being encoded and the chunk being written, 256 KB each, and the queue before them. */
const MAX_RECORDS = 600
const PADDING = 1000

t.test('JsonlSink', async (t) => {
  streamBattery(t, {
    kind: 'writable',
    make: (options) => new JsonlSink(options),
    read: async (directory) => numbersOf((await rowsOfParts(directory, variant('jsonl'))).flat()),
    maxRecords: MAX_RECORDS,
    padding: PADDING,
  })
})

t.test('CsvSink', async (t) => {
  streamBattery(t, {
    kind: 'writable',
    make: (options) => new CsvSink({ ...options, inferRows: 10 }),
    read: async (directory) => numbersOf((await rowsOfParts(directory, variant('csv'))).flat()),
    maxRecords: MAX_RECORDS,
    padding: PADDING,
  })
})

t.test('ParquetSink', async (t) => {
  streamBattery(t, {
    kind: 'writable',
    make: (options) => new ParquetSink({ ...options, inferRows: 10, rowGroupRows: 10 }),
    read: async (directory) => numbersOf((await rowsOfParts(directory, variant('parquet', 'snappy'))).flat()),
    maxRecords: 60,
  })
})

t.test('counts no object that is written again after it was encoded', async (t) => {
  const sink = new RecordSink({ format: 'jsonl', path: join(t.testdir(), 'results.jsonl') })
  const reused = { n: 0 }
  for (; reused.n < 3; reused.n++) await new Promise((resolve) => sink.write([reused], resolve))
  sink.end()
  await closed(sink)
  t.equal(sink.stats.repeated, 0)
})

t.test('close() ends a sink, and waits until its file is complete', async (t) => {
  const dir = t.testdir()
  const path = join(dir, 'results.jsonl')
  const sink = new JsonlSink({ path })
  sink.write({ n: 1 })
  await sink.close()
  t.equal(readFileSync(path, 'utf8'), '{"n":1}\n')
  t.equal(sink.closed, true)
  await sink.close()
  {
    await using disposed = new CsvSink({ path: join(dir, 'results.csv') })
    disposed.write({ n: 2 })
  }
  t.equal(readFileSync(join(dir, 'results.csv'), 'utf8'), 'n\n2\n')
  const refused = new JsonlSink({ path })
  await t.rejects(refused.close(), { code: 'ERR_SPILLWAY_EXISTS' })
})

t.test('a callback may return anything; a promise is awaited', async (t) => {
  const rejections: Rejection[] = []
  const sink = new JsonlSink({ stream: new PassThrough().resume(), onReject: (r) => rejections.push(r) })
  sink.write({ bad: () => 0 })
  await sink.close()
  t.match(rejections, [{ stage: 'encode', field: 'bad' }])
  const order: string[] = []
  const slow = new JsonlSink({
    stream: new PassThrough().resume(),
    onReject: async () => {
      await turn()
      order.push('rejected')
      return rejections
    },
  })
  slow.write({ bad: () => 0 })
  await slow.close()
  order.push('closed')
  t.strictSame(order, ['rejected', 'closed'])
  const parser = parseJsonl({ onReject: (r) => rejections.push(r) })
  parser.end('{broken\n')
  t.strictSame(await parser.toArray(), [])
  t.match(rejections[1], { stage: 'parse', line: 1 })
})
