import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { CsvSink } from '../../sinks/csv-sink.ts'
import { JsonlSink } from '../../sinks/jsonl-sink.ts'
import { ParquetSink } from '../../sinks/parquet-sink.ts'
import { extensionOf, resolveRecordSinkOptions, type RecordSinkOptions } from '../../sinks/options.ts'
import { writeAll } from '../helpers/sink-conformance.ts'

const resolve = (given: object) => resolveRecordSinkOptions('RecordSink', given as RecordSinkOptions)

/** Wrong options and the expected message. */
const refused: readonly [object, string | RegExp][] = [
  [{ format: 'jsonl', pathh: 'x' }, 'Unknown option of RecordSink: `pathh`. Did you mean `path`?'],
  [{ format: 'jsonl', path: 'x', partMaxbytes: 1 }, /Did you mean `partMaxBytes`\?/],
  [{ path: 'x' }, "Expected `format` to be one of 'jsonl', 'csv', 'parquet', got undefined"],
  [{ format: 'json', path: 'x' }, "Expected `format` to be one of 'jsonl', 'csv', 'parquet', got 'json' (string)"],
  [{ format: 'csv' }, /exactly one of `path`, `directory` and `stream`/],
  [{ format: 'csv', path: 'x', directory: 'y' }, /exactly one of/],
  [{ format: 'csv', path: '' }, /Expected `path` to be a non-empty string/],
  [{ format: 'csv', stream: {} }, 'Expected `stream` to be a Writable, got an object (Object)'],
  [{ format: 'csv', path: 'x', compression: 'lzo' }, /Expected `compression` to be one of/],
  [{ format: 'csv', path: 'x', onDrift: 'rotate' }, /only a `directory` can rotate/],
  [{ format: 'csv', path: 'x', partMaxRows: 5 }, /one file has no parts/],
  [{ format: 'csv', stream: new PassThrough(), partMaxAgeMs: 5 }, /one file has no parts/],
  [{ format: 'csv', path: 'x', onExisting: 'append' }, /only uncompressed JSONL can be appended to/],
  [{ format: 'jsonl', path: 'x', compression: 'gzip', onExisting: 'append' }, /only uncompressed JSONL/],
  [{ format: 'parquet', path: 'x', schema: {} }, /Expected `schema` to be an object of dotted column names/],
  [{ format: 'parquet', path: 'x', schema: { a: 'floating' } }, /boolean, int8, int16, int32, .*\{ list \}/],
  [{ format: 'parquet', path: 'x', schema: { a: { type: 'double', nullable: 1 } } }, /nullable/],
  [{ format: 'parquet', path: 'x', metadata: { a: 1 } }, /`metadata`/],
  [{ format: 'csv', path: 'x', inferRows: 0 }, /Expected `inferRows` to be an integer from 1 up, got 0/],
  [{ format: 'csv', path: 'x', csv: { quot: "'" } }, 'Unknown option of csv: `quot`. Did you mean `quote`?'],
  [{ format: 'csv', path: 'x', highWaterMark: 1.5 }, /Expected `highWaterMark` to be an integer/],
]

for (const [options, message] of refused) {
  t.test(`refuses ${JSON.stringify({ ...options, ...('stream' in options && { stream: '...' }) })}`, async (t) => {
    t.throws(() => resolve(options), { code: 'ERR_SPILLWAY_OPTION', message })
  })
}

t.test('fills in the defaults of the format and the place', async (t) => {
  t.match(resolve({ format: 'jsonl', path: 'x' }), { compression: 'none', onDrift: 'reject', onExisting: 'error' })
  t.match(resolve({ format: 'parquet', directory: 'x' }), { compression: 'snappy', onDrift: 'rotate', schema: null })
  t.match(resolve({ format: 'csv', path: 'x', compression: 'snappy' }), {
    compression: 'none',
    ignored: ['compression'],
  })
  t.match(resolve({ format: 'csv', path: 'x', schema: { b: 'utf8', a: 'double' } }), {
    schema: [
      { name: 'b', type: 'utf8' },
      { name: 'a', type: 'double' },
    ],
  })
})

t.test('names files by format and compression', async (t) => {
  t.equal(extensionOf({ format: 'jsonl', compression: 'gzip' }), 'jsonl.gz')
  t.equal(extensionOf({ format: 'csv', compression: 'none' }), 'csv')
  t.equal(extensionOf({ format: 'parquet', compression: 'gzip' }), 'parquet')
})

t.test('refuses unknown options in the sink of each format', async (t) => {
  for (const Sink of [JsonlSink, CsvSink, ParquetSink]) {
    t.throws(() => new Sink({ path: 'x', pat: 'y' } as { path: string }), { code: 'ERR_SPILLWAY_OPTION' })
  }
})

t.test('appends to a plain JSONL file after a line that a crash has cut short', async (t) => {
  const path = join(t.testdir(), 'results.jsonl')
  const append = { format: 'jsonl', path, onExisting: 'append' } as const
  await writeAll([{ n: 1 }], append)
  await writeAll([{ n: 2 }], append)
  t.equal(readFileSync(path, 'utf8'), '{"n":1}\n{"n":2}\n')
  writeFileSync(path, '{"n":1}\n{"n":')
  const sink = await writeAll([{ n: 3 }], append)
  t.equal(readFileSync(path, 'utf8'), '{"n":1}\n{"n":\n{"n":3}\n')
  t.equal(sink.stats.bytesWritten, 8)
})
