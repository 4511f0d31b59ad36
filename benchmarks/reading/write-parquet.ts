/**
 * Parquet files written by spillway, as input of contenders that read.
 */
import { stat } from 'node:fs/promises'
import { bySpillway } from '../parquet/by-spillway.ts'
import { outputPath } from '../parquet/output-path.ts'
import type { InputFile } from '../text/write-lines.ts'

/** Writes a file of `records` records that repeat `pool`. */
export async function writeParquet(directory: string, pool: readonly object[], records: number): Promise<InputFile> {
  await bySpillway(pool, { directory, records })
  const path = outputPath({ directory })
  const { size } = await stat(path)
  return { path, bytes: size }
}
