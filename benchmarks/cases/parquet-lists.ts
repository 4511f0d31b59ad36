/**
 * Records with lists of doubles and of texts into Parquet, compared with other writers of lists. All write snappy, on one thread.
 */
import { stat } from 'node:fs/promises'
import type { BenchCase } from '../bench-case.ts'
import { outputPath } from '../parquet/output-path.ts'
import { makeListRecords, sumListFile, sumListPool, type ListRecord } from '../tables/lists.ts'

const POOL = 100_000

export const benchCase: BenchCase<readonly ListRecord[]> = {
  name: 'parquet-lists',
  records: 500_000,
  prepare: () => makeListRecords(POOL),
  expectedOutput: (_pool, records) => sumListPool(POOL, records),
  async readOutput(directory) {
    const path = outputPath({ directory })
    const [{ size }, contents] = await Promise.all([stat(path), sumListFile(path)])
    return { ...contents, bytes: size }
  },
  contenders: {
    'spillway, lists': { load: async () => (await import('../parquet/lists-by-spillway.ts')).listsBySpillway },
    'DuckDB appender + COPY': { load: async () => (await import('../parquet/lists-by-duckdb.ts')).listsByDuckDb },
    'hyparquet-writer': {
      load: async () => (await import('../parquet/lists-by-hyparquet-writer.ts')).listsByHyparquetWriter,
    },
  },
  subjects: ['spillway, lists'],
  packages: ['@duckdb/node-api', 'hyparquet-writer'],
}
