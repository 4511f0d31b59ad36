import { readFileSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import { ParquetSink } from '../../../sinks/parquet-sink.ts'
import { readParquet } from '../../../sinks/readers/read-parquet.ts'
import { spillway } from './fake-command-io.ts'

const dir = t.testdir({ 'notes.txt': 'not Parquet' })
const path = join(dir, 'a.parquet')

t.before(async () => {
  const records = Readable.from(Array.from({ length: 35_000 }, (_, n) => ({ n, square: n * n, root: Math.sqrt(n) })))
  await pipeline(records, new ParquetSink({ path, rowGroupRows: 10_000 }))
})

t.test('does not change a complete file', async (t) => {
  const before = readFileSync(path)
  const run = await spillway(['repair', path])
  t.equal(run.code, 0)
  t.match(run.stdout.toString(), /already complete, with 35,000 rows in 4 row groups/)
  t.ok(readFileSync(path).equals(before))
})

t.test('truncates a torn file after an intermediate footer of the sink', async (t) => {
  truncateSync(path, readFileSync(path).length - 5)
  const run = await spillway(['repair', path, '--json'])
  t.equal(run.code, 0)
  const { rows } = JSON.parse(run.stdout.toString()) as { rows: number }
  t.ok([10_000, 20_000, 30_000].includes(rows), `${rows} rows`)
  t.equal((await readParquet(path).toArray()).length, rows)
})

t.test('fails for a file that is not Parquet, a missing file, and no argument', async (t) => {
  const run = await spillway(['repair', join(dir, 'notes.txt')])
  t.equal(run.code, 1)
  t.match(run.stderr, 'not a Parquet file')
  t.equal((await spillway(['repair', join(dir, 'none.parquet')])).code, 2)
  t.equal((await spillway(['repair'])).code, 2)
})
