import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import t from 'tap'
import { backtests, type YearRecord } from '../../../examples/sp500/containers.ts'
import { parameterSets } from '../../../examples/sp500/grid.ts'
import { IndicatorCache } from '../../../examples/sp500/indicator-cache.ts'
import { loadBars } from '../../../examples/sp500/load-bars.ts'
import { search } from '../../../examples/sp500/search.ts'

const SETS = 30
const expected = [...backtests(parameterSets(SETS), new IndicatorCache(await loadBars()))]

/** The files of one format, by their path. */
function filesOf(out: string, format: string): string[] {
  return readdirSync(join(out, format), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(`.${format}`) && name.includes('part-'))
    .map((name) => join(out, format, name))
}

t.test('writes every record in every format, and aggregates them', async (t) => {
  const out = t.testdir()
  const seen: YearRecord[] = []
  const { aggregated, files, trackRecords } = await search({
    out,
    limit: SETS,
    onRecord: (record) => seen.push(record),
  })
  t.equal(JSON.stringify(seen), JSON.stringify(expected))
  t.equal(trackRecords.size, SETS)

  t.test('JSONL holds the records as they are', async (t) => {
    const text = filesOf(out, 'jsonl').map((path) => readFileSync(path, 'utf8'))
    t.equal(text.join(''), expected.map((record) => `${JSON.stringify(record)}\n`).join(''))
  })

  t.test('CSV and Parquet hold the same figures, read by DuckDB', async (t) => {
    const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect()
    for (const [format, read] of [
      ['csv', 'read_csv'],
      ['parquet', 'read_parquet'],
    ] as const) {
      const [path, ...others] = filesOf(out, format)
      t.strictSame(others, [], 'all families fit into the columns of one file')
      const reader = await connection.runAndReadAll(
        `select container, year, "params.fast", "params.entry", "params.period", "result.metrics.sharpe_ratio",
          "result.metrics.total_return" from ${read}('${path}')`,
      )
      t.strictSame(
        reader.getRowsJS().map((row) => row.map((cell) => (typeof cell === 'bigint' ? Number(cell) : cell))),
        expected.map(({ container, year, params, result: { metrics } }) => {
          const { fast = null, entry = null, period = null } = params as Record<string, number>
          return [container, year, fast, entry, period, metrics.sharpe_ratio, metrics.total_return]
        }),
        format,
      )
    }
    connection.closeSync()
  })

  t.test('the files are as many and as large as reported', async (t) => {
    for (const { format, stats } of files) {
      const paths = filesOf(out, format)
      t.equal(stats.written, expected.length)
      t.equal(stats.parts, paths.length)
      t.equal(
        stats.bytesWritten,
        paths.reduce((sum, path) => sum + readFileSync(path).length, 0),
      )
    }
  })

  t.test('the aggregates are those of the records', async (t) => {
    const sharpes = expected.map(({ result }) => result.metrics.sharpe_ratio)
    const average = sharpes.reduce((sum, value) => sum + value, 0) / sharpes.length
    t.ok(Math.abs((aggregated.averageMetrics['sharpe_ratio'] ?? NaN) - average) < 1e-12)
    t.equal(aggregated.topPerformers[0]?.value, Math.max(...sharpes))
  })
})

t.test('takes the place of an earlier run', async (t) => {
  const out = t.testdir()
  await search({ out, limit: 5 })
  const { files } = await search({ out, limit: 2 })
  t.strictSame(
    files.map(({ stats }) => stats.written),
    [42, 42, 42],
  )
  const lines = filesOf(out, 'jsonl').flatMap((path) => readFileSync(path, 'utf8').trimEnd().split('\n'))
  t.equal(lines.length, 42)
})

t.test('fails with what failed one of the formats', async (t) => {
  const out = t.testdir({ csv: 'a file where a folder must be' })
  await t.rejects(search({ out, limit: 5 }), {
    name: 'SpillwayError',
    message: /Cannot make .*csv/,
  })
  for (const path of filesOf(out, 'jsonl')) {
    const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean)
    for (const line of lines) t.ok(JSON.parse(line), 'what was taken is readable')
  }
})
