import t from 'tap'
import { JsonlSink } from '../../sinks/jsonl-sink.ts'
import { CsvSink } from '../../sinks/csv-sink.ts'
import { ParquetSink } from '../../sinks/parquet-sink.ts'
import { numbersOf, rowsOfParts, variant } from '../helpers/sink-formats.ts'
import { streamBattery } from '../helpers/stream-battery.ts'

t.test('JsonlSink', async (t) => {
  streamBattery(t, {
    kind: 'writable',
    make: (options) => new JsonlSink(options),
    read: async (directory) => numbersOf((await rowsOfParts(directory, variant('jsonl'))).flat()),
    maxRecords: 60,
  })
})

t.test('CsvSink', async (t) => {
  streamBattery(t, {
    kind: 'writable',
    make: (options) => new CsvSink({ ...options, inferRows: 10 }),
    read: async (directory) => numbersOf((await rowsOfParts(directory, variant('csv'))).flat()),
    maxRecords: 60,
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
