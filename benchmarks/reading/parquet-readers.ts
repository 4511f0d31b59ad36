/**
 * The Parquet readers that cases compare, hyparquet alone first. Each one reads rows as objects.
 */
import { pipeline } from 'node:stream/promises'
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { readParquet, type ReadParquetOptions } from '../../sinks/readers/read-parquet.ts'
import type { Contender, Job } from '../bench-case.ts'
import { tallySink } from '../streams/tally-sink.ts'
import type { Row } from '../tables/figures.ts'
import { saveTallies, Tally } from '../tally.ts'
import type { InputFile } from '../text/write-lines.ts'

type FigureOf = (row: Row) => number

/** The contenders under test. */
export const PARQUET_READING_SUBJECTS = ['readParquet', 'readParquet, batches'] as const

/** The contenders. Their input is a file, and their output a tally of its rows. */
export function parquetReaders(figureOf: FigureOf): Readonly<Record<string, Contender<InputFile>>> {
  return {
    'hyparquet by row groups': async ({ path, bytes }, job) => {
      const tally = new Tally()
      for await (const rows of rowGroups(path)) for (const row of rows) tally.add(figureOf(row))
      await saveTallies(job.directory, [tally], bytes)
    },
    'hyparquet, all at once': async ({ path, bytes }, job) => {
      const tally = new Tally()
      for (const row of await parquetReadObjects({ file: await asyncBufferFromFile(path) })) tally.add(figureOf(row))
      await saveTallies(job.directory, [tally], bytes)
    },
    readParquet: (input, job) => byReadParquet(figureOf, {}, input, job),
    'readParquet, batches': (input, job) => byReadParquet(figureOf, { batches: true }, input, job),
  }
}

/** The simplest way to read with bounded memory. */
async function* rowGroups(path: string): AsyncGenerator<readonly Row[], void> {
  const file = await asyncBufferFromFile(path)
  const metadata = await parquetMetadataAsync(file)
  let rowStart = 0
  for (const { num_rows: rows } of metadata.row_groups) {
    const rowEnd = rowStart + Number(rows)
    yield await parquetReadObjects({ file, metadata, rowStart, rowEnd })
    rowStart = rowEnd
  }
}

async function byReadParquet(
  figureOf: FigureOf,
  options: ReadParquetOptions,
  { path, bytes }: InputFile,
  job: Job,
): Promise<void> {
  const tally = new Tally()
  await pipeline(
    readParquet(path, options),
    tallySink((row: Row) => tally.add(figureOf(row))),
  )
  await saveTallies(job.directory, [tally], bytes)
}
