/**
 * ParquetSink at the end of a pipeline of batches. It infers the lists.
 */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ParquetSink } from '../../sinks/parquet-sink.ts'
import type { Job } from '../bench-case.ts'
import { batches } from '../records.ts'
import type { ListRecord } from '../tables/lists.ts'
import { outputPath } from './output-path.ts'

const BATCH = 1000

export async function listsBySpillway(pool: readonly ListRecord[], job: Job): Promise<void> {
  const sink = new ParquetSink({ path: outputPath(job), lists: 'list' })
  await pipeline(Readable.from(batches(pool, job.records, BATCH)), sink)
}
