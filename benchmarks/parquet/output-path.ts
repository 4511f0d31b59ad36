/**
 * Where the contenders write, and their outputs are read.
 */
import { join } from 'node:path'
import type { Job } from '../bench-case.ts'

/** The file that a run leaves in its directory. */
export function outputPath({ directory }: Pick<Job, 'directory'>): string {
  return join(directory, 'out.parquet')
}
