/**
 * Nested records from a Parquet file: `readParquet`, compared with bare hyparquet, on which it is built.
 */
import type { BenchCase } from '../bench-case.ts'
import { PARQUET_READING_SUBJECTS, parquetReaders } from '../reading/parquet-readers.ts'
import { writeParquet } from '../reading/write-parquet.ts'
import { cycle, makeRecords } from '../records.ts'
import { tallyOf } from '../streams/tally-sink.ts'
import { figureOfSearch, figureOfSearchRow } from '../tables/figures.ts'
import { readTallies, sumTallies } from '../tally.ts'
import type { InputFile } from '../text/write-lines.ts'

const POOL = 100_000

export const benchCase: BenchCase<InputFile> = {
  name: 'read-parquet-search-records',
  records: 500_000,
  prepare: (records, directory) => writeParquet(directory, makeRecords(POOL), records),
  expectedOutput: (_input, records) => sumTallies(tallyOf(cycle(makeRecords(POOL), records), figureOfSearch)),
  readOutput: readTallies,
  contenders: parquetReaders(figureOfSearchRow),
  subjects: PARQUET_READING_SUBJECTS,
  packages: ['hyparquet'],
}
