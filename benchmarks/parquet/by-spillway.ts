/**
 * ParquetSink at the end of a pipeline of batches, with no option but its path. It infers the columns.
 */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ParquetSink } from '../../sinks/parquet-sink.ts'
import type { Job } from '../bench-case.ts'
import { batches } from '../records.ts'
import { outputPath } from './output-path.ts'

const BATCH = 1000

export async function bySpillway(pool: readonly unknown[], job: Job): Promise<void> {
  await pipeline(Readable.from(batches(pool, job.records, BATCH)), new ParquetSink({ path: outputPath(job) }))
}
