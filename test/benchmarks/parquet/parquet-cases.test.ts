import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import { bench } from '../../../benchmarks/bench.ts'
import { readFlights } from '../../../benchmarks/tables/flights.ts'
import { searchTable } from '../../../benchmarks/tables/search-table.ts'
import { sumParquet, sumPool } from '../../../benchmarks/tables/sum-table.ts'
import { batches, makeRecords } from '../../../benchmarks/records.ts'
import { ParquetSink } from '../../../sinks/parquet-sink.ts'
import { nodeArgs } from '../../helpers/node-process.ts'

// The processes of a benchmark inherit their loaders; those of the test runner cannot load hyparquet-writer.
process.execArgv = [...nodeArgs]
process.env['NODE_OPTIONS'] = ''

for (const name of ['parquet-search-records', 'parquet-flights']) {
  t.test(`${name}: all contenders write the same rows`, async (t) => {
    const caseUrl = new URL(`../../../benchmarks/cases/${name}.ts`, import.meta.url)
    const report = await bench(caseUrl, { records: 2500, rounds: 1 })
    t.equal(report.outputs.spillway?.rows, 2500)
    t.strictSame(
      report.contenders.map((contender) => contender.name),
      ['spillway', 'DuckDB appender + COPY', 'hyparquet-writer', 'parquetjs-lite appendRow'],
    )
  })
}

t.test('parquet-lists: all contenders write the same rows', async (t) => {
  const caseUrl = new URL('../../../benchmarks/cases/parquet-lists.ts', import.meta.url)
  const report = await bench(caseUrl, { records: 2500, rounds: 1 })
  t.equal(report.outputs['spillway, lists']?.rows, 2500)
  t.equal(report.contenders.length, 3)
})

t.test('the checksum of a file equals that of the pool it was written from', async (t) => {
  const pool = makeRecords(1000)
  const path = join(t.testdir(), 'rows.parquet')
  await pipeline(Readable.from(batches(pool, 2500, 300)), new ParquetSink({ path }))
  const expected = await sumPool(searchTable, pool, 2500)
  t.equal(expected.rows, 2500)
  t.strictSame(await sumParquet(path, searchTable.columns), expected)
})

t.test('a checksum depends on the order of rows, the row of each value, and the last bit of a number', async (t) => {
  const sums = new Set<string>()
  for (const [first, second] of [
    [row(1, 'a'), row(2, 'b')],
    [row(2, 'b'), row(1, 'a')],
    [row(2, 'a'), row(1, 'b')],
    [row(1 + Number.EPSILON, 'a'), row(2, 'b')],
  ]) {
    const path = join(t.testdir(), 'rows.parquet')
    await pipeline(Readable.from([first, second]), new ParquetSink({ path }))
    sums.add((await sumParquet(path, { number: 'double', text: 'text' })).checksum)
  }
  t.equal(sums.size, 4)
})

t.test('rejects more flights than there are', async (t) => {
  await t.rejects(readFlights(3_000_001), { message: 'There are only 3000000 flights, not 3000001' })
})

function row(number: number, text: string) {
  return { number, text }
}
