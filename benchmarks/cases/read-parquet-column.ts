/**
 * One column of ten from a Parquet file: `readParquetColumn`, compared with bare hyparquet, on which it is built, and
 * with `readParquet` for that column.
 */
import { pipeline } from 'node:stream/promises'
import { asyncBufferFromFile, parquetRead } from 'hyparquet'
import { readParquet, readParquetColumn } from '../../sinks/readers/read-parquet.ts'
import type { BenchCase, Job } from '../bench-case.ts'
import { cycle, makeRecords } from '../records.ts'
import { tallyOf, tallySink } from '../streams/tally-sink.ts'
import type { Row } from '../tables/figures.ts'
import { saveTallies, sumTallies, Tally } from '../tally.ts'
import type { InputFile } from '../text/write-lines.ts'
import { benchCase as allColumns } from './read-parquet-search-records.ts'

const POOL = 100_000
const COLUMN = 'result.metrics.sharpe_ratio'

export const benchCase: BenchCase<InputFile> = {
  ...allColumns,
  name: 'read-parquet-column',
  expectedOutput: (_input, records) =>
    sumTallies(tallyOf(cycle(makeRecords(POOL), records), ({ result }) => result.metrics.sharpe_ratio)),
  contenders: {
    'hyparquet, chunks of the column': byHyparquet,
    readParquetColumn: byColumn,
    'readParquet, batches': byRecords,
  },
  subjects: ['readParquetColumn', 'readParquet, batches'],
}

async function byHyparquet({ path, bytes }: InputFile, { directory }: Job): Promise<void> {
  const tally = new Tally()
  const chunks: (readonly [number, ArrayLike<unknown>])[] = []
  await parquetRead({
    file: await asyncBufferFromFile(path),
    columns: [COLUMN],
    onChunk: ({ columnData, rowStart }) => void chunks.push([rowStart, columnData]),
  })
  chunks.sort(([one], [other]) => one - other)
  for (const [, values] of chunks) addAll(tally, values)
  await saveTallies(directory, [tally], bytes)
}

async function byColumn({ path, bytes }: InputFile, { directory }: Job): Promise<void> {
  const tally = new Tally()
  for await (const values of readParquetColumn(path, COLUMN)) addAll(tally, values)
  await saveTallies(directory, [tally], bytes)
}

function addAll(tally: Tally, values: ArrayLike<unknown>): void {
  for (let row = 0; row < values.length; row++) tally.add(values[row] as number)
}

async function byRecords({ path, bytes }: InputFile, { directory }: Job): Promise<void> {
  const tally = new Tally()
  const end = tallySink((row: Row) => tally.add(row[COLUMN] as number))
  await pipeline(readParquet(path, { columns: [COLUMN], batches: true }), end)
  await saveTallies(directory, [tally], bytes)
}
