/**
 * The path of the output file, for the contenders that write it and the harness that reads it.
 */
import { join } from 'node:path'
import type { Job } from '../bench-case.ts'

/** The output file of a run. */
export function outputPath({ directory }: Pick<Job, 'directory'>): string {
  return join(directory, 'out.parquet')
}
