/**
 * The sink for Parquet.
 */
import { RecordSink } from './record-sink.ts'
import type { RecordSinkOptions } from './options.ts'

/** Options of {@link ParquetSink}: those of {@link RecordSinkOptions} that the format has. */
export type ParquetSinkOptions = Omit<RecordSinkOptions, 'format' | 'nonFinite' | 'csv'>

/**
 * A Writable of records into Parquet files; see {@link RecordSink}.
 *
 * @example
 * await pipeline(results, new ParquetSink({ path: 'results.parquet' }))
 */
export class ParquetSink extends RecordSink {
  /** @throws {SpillwayError} `ERR_SPILLWAY_OPTION` */
  constructor(options: ParquetSinkOptions) {
    super({ ...options, format: 'parquet' })
  }
}
