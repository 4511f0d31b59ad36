/**
 * A file in which row groups follow footers, read by readers that do not expect this.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { markerBatch } from '../../../lib/core/batch.ts'
import { Marker } from '../../../lib/core/marker.ts'
import { ParquetSink } from '../../../sinks/parquet-sink.ts'
import { metadataByHyparquet, openDuckDb, rowsByArrow, rowsByDuckDb, rowsByHyparquet, showRows } from './readers.ts'

const CHECKPOINTS = 8
const ROWS_BETWEEN = 12_000

function recordOf(n: number): Record<string, unknown> {
  return {
    n,
    container: `container_${n % 1500}`,
    at: new Date(n * 60_000),
    result: { sharpe: Math.sin(n) * Math.PI, drawdown: n % 11 === 0 ? null : Math.cos(n) / 3 },
    note: n % 3 === 0 ? `a note on record ${n}` : null,
  }
}

function cellsOf(n: number): unknown[] {
  const { container, at, result, note } = recordOf(n) as { result: Record<string, unknown> } & Record<string, unknown>
  return [BigInt(n), container, at, result['sharpe'], result['drawdown'], note]
}

t.test('a file of 96,000 rows with eight footers is read whole by all, and up to each footer', async (t) => {
  const path = join(t.testdir(), 'a.parquet')
  const sink = new ParquetSink({
    path,
    schema: {
      n: 'int64',
      container: 'utf8',
      at: 'timestamp',
      'result.sharpe': 'double',
      'result.drawdown': 'double',
      note: 'utf8',
    },
  })
  const ends: number[] = []
  for (let from = 0; from < CHECKPOINTS * ROWS_BETWEEN; from += ROWS_BETWEEN) {
    sink.write(Array.from({ length: ROWS_BETWEEN }, (_, index) => recordOf(from + index)))
    const marker = new Marker('written')
    sink.write(markerBatch(marker))
    const { rows, offsetBytes } = await marker.receipt
    t.equal(rows, from + ROWS_BETWEEN)
    ends.push(offsetBytes)
  }
  await new Promise<void>((resolve) => sink.end(resolve))
  const file = readFileSync(path)
  t.equal(file.length, ends.at(-1), 'the last checkpoint completed the file')

  const expected = showRows(Array.from({ length: CHECKPOINTS * ROWS_BETWEEN }, (_, n) => cellsOf(n)))
  const isExpected = (rows: string[][]) =>
    rows.length === expected.length && rows.every((row, n) => row.join() === expected[n]?.join())
  t.ok(isExpected(await rowsByHyparquet(file)), 'hyparquet')
  t.ok(isExpected(rowsByArrow(file)), 'parquet-wasm')
  const connection = await openDuckDb()
  t.teardown(() => connection.closeSync())
  t.ok(isExpected(await rowsByDuckDb(connection, `FROM '${path}'`)), 'DuckDB')

  const prefix = join(t.testdirName, 'prefix.parquet')
  for (const [index, end] of ends.entries()) {
    writeFileSync(prefix, file.subarray(0, end))
    const rows = (index + 1) * ROWS_BETWEEN
    t.equal(metadataByHyparquet(file.subarray(0, end)).num_rows, BigInt(rows))
    const counted = await rowsByDuckDb(connection, `SELECT count(*), max(n) FROM read_parquet('${prefix}')`)
    t.strictSame(counted, [[`${rows}n`, `${rows - 1}n`]])
  }

  // A footer ends with its length and four magic bytes.
  const unusedBytes = ends.slice(0, -1).reduce((bytes, end) => bytes + file.readUInt32LE(end - 8) + 8, 0)
  t.ok(unusedBytes < file.length * 0.02, `${unusedBytes} bytes of unused footers in ${file.length}`)
})

t.test('footers without a checkpoint stay below 2 % of the file', async (t) => {
  const path = join(t.testdir(), 'a.parquet')
  const sink = new ParquetSink({ path, rowGroupRows: 3000 })
  for (let n = 0; n < 200_000; n++) {
    if (!sink.write(recordOf(n))) await new Promise((resolve) => sink.once('drain', resolve))
  }
  await new Promise<void>((resolve) => sink.end(resolve))
  const file = readFileSync(path)
  let unusedBytes = 0
  let footers = 0
  for (let end = file.indexOf('PAR1', 4); end >= 0; end = file.indexOf('PAR1', end + 4)) {
    footers += 1
    if (end + 4 < file.length) unusedBytes += file.readUInt32LE(end - 4) + 8
  }
  t.ok(footers > 3, `${footers} footers`)
  t.ok(unusedBytes < file.length * 0.02, `${unusedBytes} bytes of unused footers in ${file.length}`)
})
