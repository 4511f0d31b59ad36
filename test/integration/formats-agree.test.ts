/**
 * One run in three formats, read by DuckDB: each format contains exactly the same rows.
 */
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import t, { type Test } from 'tap'
import { ResultStreamer } from '../../lib/result-streamer.ts'

const FORMATS = ['jsonl', 'csv', 'parquet'] as const

/** The columns of a run and their types. */
const COLUMNS: Readonly<Record<string, string>> = {
  phase: 'VARCHAR',
  container: 'VARCHAR',
  timestamp: 'TIMESTAMP',
  note: 'VARCHAR',
  big: 'HUGEINT',
  flag: 'BOOLEAN',
  late: 'DOUBLE',
  widened: 'VARCHAR',
  'result.metrics.sharpe_ratio': 'DOUBLE',
  'result.metrics.drawdown': 'DOUBLE',
  'result.tag.inner': 'VARCHAR',
}

const NOTES = [
  null,
  '',
  'plain',
  'a "quoted" note',
  'two\nlines',
  'comma, and tab\t',
  ' spaced ',
  'NULL',
  '\r',
  'ünïcödé 🎈',
  '0',
  '-',
]

function* makeRecords(count: number) {
  for (let i = 0; i < count; i++) {
    yield {
      phase: i % 3 === 0 ? 'signals' : 'search',
      container: `container-${i % 17}`,
      timestamp: new Date(Date.UTC(2020, 0, 1, 0, 0, 0, i)),
      note: NOTES[i % NOTES.length],
      big: (BigInt(i) * 9_007_199_254_740_993n * (i % 2 === 0 ? 1n : -1n)) / 7n,
      flag: i % 5 === 0 ? null : i % 2 === 0,
      // A field that first occurs late, and one whose type changes.
      ...(i >= 2200 && { late: i / 3 }),
      widened: i < 3300 ? i : i % 4 === 0 ? '' : `text ${i}`,
      result: {
        metrics: { sharpe_ratio: Math.sin(i) * 3, ...(i % 11 !== 0 && { drawdown: -Math.abs(Math.cos(i)) / 3 }) },
        tag: i % 6 === 0 ? { inner: i % 12 === 0 ? '' : 'x' } : undefined,
      },
    }
  }
}

async function run(t: Test, count: number): Promise<string> {
  const dir = t.testdir()
  for (const format of FORMATS) {
    const streamer = new ResultStreamer({ workflowId: 'agree', outputDir: join(dir, format), format, bufferSize: 300 })
    await pipeline(makeRecords(count), streamer)
    t.equal(streamer.stats.written, count, `${format}: all written`)
    t.equal(streamer.stats.rejected, 0, `${format}: none rejected`)
  }
  return dir
}

/** A query of the run's rows in one format. Its columns and types are the same for all formats. */
function rowsOf(dir: string, format: (typeof FORMATS)[number]): string {
  const glob = join(dir, format, 'results', '**', `*.${format}`)
  const readers = {
    jsonl: `read_json('${glob}', columns = {${Object.keys(JSONL_COLUMNS)
      .map((name) => `"${name}": '${JSONL_COLUMNS[name]}'`)
      .join(', ')}})`,
    csv: `read_csv('${glob}', union_by_name = true, allow_quoted_nulls = false, all_varchar = true)`,
    parquet: `read_parquet('${glob}', union_by_name = true)`,
  }
  const columns = Object.entries(COLUMNS).map(([name, type]) => {
    const source =
      format === 'jsonl'
        ? name
            .split('.')
            .map((key) => `"${key}"`)
            .join('.')
        : `"${name}"`
    // DuckDB converts a double to text as 3.0, so numbers are compared as numbers.
    const value = name === 'widened' ? `coalesce(TRY_CAST(${source} AS DOUBLE)::VARCHAR, ${source}::VARCHAR)` : source
    return `CAST(${value} AS ${type}) AS "${name}"`
  })
  return `SELECT ${columns.join(', ')} FROM ${readers[format]}`
}

const JSONL_COLUMNS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(COLUMNS).filter(([name]) => !name.startsWith('result.'))),
  result: 'STRUCT(metrics STRUCT(sharpe_ratio DOUBLE, drawdown DOUBLE), tag STRUCT("inner" VARCHAR))',
}

async function countOf(connection: DuckDBConnection, query: string): Promise<number> {
  const reader = await connection.runAndReadAll(`SELECT count(*)::INTEGER FROM (${query})`)
  return Number(reader.getRows()[0]?.[0])
}

void t.test('the files of each format contain the same rows, with drift, nulls and empty texts', async (t) => {
  const count = 5000
  const dir = await run(t, count)
  const connection = await (await DuckDBInstance.create()).connect()
  t.teardown(() => {
    connection.closeSync()
  })
  for (const format of FORMATS) t.equal(await countOf(connection, rowsOf(dir, format)), count, `${format}: all read`)
  for (const one of FORMATS) {
    for (const other of FORMATS) {
      if (one === other) continue
      const difference = `${rowsOf(dir, one)} EXCEPT ALL ${rowsOf(dir, other)}`
      t.equal(await countOf(connection, difference), 0, `${other} has all rows of ${one}`)
    }
  }
})
