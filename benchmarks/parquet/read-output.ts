/**
 * Reads the Parquet file of a run, for the check of the harness.
 */
import { stat } from 'node:fs/promises'
import type { Output } from '../bench-case.ts'
import { outputPath } from './output-path.ts'
import type { Table } from '../tables/table.ts'

/** The output of a contender that wrote records of `table`. */
export async function readParquetOutput(directory: string, { columns }: Table<never>): Promise<Output> {
  const path = outputPath({ directory })
  // Loaded after the run, so that the measured memory is that of the contender.
  const { sumParquet } = await import('../tables/sum-table.ts')
  const [{ size }, contents] = await Promise.all([stat(path), sumParquet(path, columns)])
  return { ...contents, bytes: size }
}
