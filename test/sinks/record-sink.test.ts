import { join } from 'node:path'
import t from 'tap'
import { JsonlSink } from '../../sinks/jsonl-sink.ts'
import { CsvSink } from '../../sinks/csv-sink.ts'
import { ParquetSink } from '../../sinks/parquet-sink.ts'
import { RecordSink } from '../../sinks/record-sink.ts'
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
