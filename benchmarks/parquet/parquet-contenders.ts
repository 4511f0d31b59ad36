/**
 * The Parquet writers that a case compares. All of them write the same nullable columns of the same types, compressed
 * by snappy, on one thread. Each one gets the records in batches of its best size.
 */
import type { ContenderLoader } from '../bench-case.ts'
import type { Table } from '../tables/table.ts'

/** Packages whose versions are reported. */
export const PARQUET_PACKAGES = ['@duckdb/node-api', 'hyparquet-writer', 'parquetjs-lite'] as const

/** The contenders under test. */
export const PARQUET_SUBJECTS = ['spillway'] as const

/** The contenders for records of `table`, spillway first. Their input is a pool of records, which is repeated. */
export function parquetContenders<Row>(table: Table<Row>) {
  return {
    spillway: { load: async () => (await import('./by-spillway.ts')).bySpillway },
    'DuckDB appender + COPY': { load: async () => (await import('./by-duckdb.ts')).byDuckDb(table) },
    'hyparquet-writer': { load: async () => (await import('./by-hyparquet-writer.ts')).byHyparquetWriter(table) },
    'parquetjs-lite appendRow': { load: async () => (await import('./by-parquetjs-lite.ts')).byParquetjsLite(table) },
  } satisfies Record<string, ContenderLoader<readonly Row[]>>
}
