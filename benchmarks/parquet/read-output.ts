/**
 * The Parquet file that a run left, for the harness to compare.
 */
import { stat } from 'node:fs/promises'
import type { Output } from '../bench-case.ts'
import { outputPath } from './output-path.ts'
import type { Table } from '../tables/table.ts'

/** Reads what a contender made of records of the kind of `table`. */
export async function readParquetOutput(directory: string, { columns }: Table<never>): Promise<Output> {
  const path = outputPath({ directory })
  // Only now: a run's memory is that of its contender.
  const { sumParquet } = await import('../tables/sum-table.ts')
  const [{ size }, contents] = await Promise.all([stat(path), sumParquet(path, columns)])
  return { ...contents, bytes: size }
}
