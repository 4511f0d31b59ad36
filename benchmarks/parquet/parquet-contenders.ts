/**
 * The writers of Parquet that a case has compete. All of them write the same columns of the same types, nullable and
 * compressed by snappy, on one thread, and are handed the records in batches of a size that suits them.
 */
import type { ContenderLoader } from '../bench-case.ts'
import type { Table } from '../tables/table.ts'

/** Packages whose versions belong beside the figures. */
export const PARQUET_PACKAGES = ['@duckdb/node-api', 'hyparquet-writer', 'parquetjs-lite'] as const

/** Those of the contenders that are ours. */
export const PARQUET_SUBJECTS = ['spillway'] as const

/** The contenders for records of the kind of `table`, spillway first; their input is a pool to go round. */
export function parquetContenders<Row>(table: Table<Row>) {
  return {
    spillway: { load: async () => (await import('./by-spillway.ts')).bySpillway },
    'DuckDB appender + COPY': { load: async () => (await import('./by-duckdb.ts')).byDuckDb(table) },
    'hyparquet-writer': { load: async () => (await import('./by-hyparquet-writer.ts')).byHyparquetWriter(table) },
    'parquetjs-lite appendRow': { load: async () => (await import('./by-parquetjs-lite.ts')).byParquetjsLite(table) },
  } satisfies Record<string, ContenderLoader<readonly Row[]>>
}
