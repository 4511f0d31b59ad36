/**
 * Nested records into Parquet, compared with other Parquet writers.
 */
import type { BenchCase } from '../bench-case.ts'
import { PARQUET_PACKAGES, PARQUET_SUBJECTS, parquetContenders } from '../parquet/parquet-contenders.ts'
import { readParquetOutput } from '../parquet/read-output.ts'
import { searchTable } from '../tables/search-table.ts'
import { makeRecords, type SearchRecord } from '../records.ts'

// As many as a row group of the other writers holds. With fewer, the doubles of a row group would repeat, and writers
// would make dictionaries that a real search does not have.
const POOL = 100_000

export const benchCase: BenchCase<readonly SearchRecord[]> = {
  name: 'parquet-search-records',
  records: 3_000_000,
  prepare: () => makeRecords(POOL),
  expectedOutput: async (pool, records) => (await import('../tables/sum-table.ts')).sumPool(searchTable, pool, records),
  readOutput: (directory) => readParquetOutput(directory, searchTable),
  contenders: parquetContenders(searchTable),
  subjects: PARQUET_SUBJECTS,
  packages: PARQUET_PACKAGES,
}
