/**
 * The sink that writes Parquet files.
 */
import { RecordSink } from './record-sink.ts'
import type { RecordSinkOptions } from './options.ts'

/** Options of {@link ParquetSink}: those of {@link RecordSinkOptions} that apply to Parquet. */
export type ParquetSinkOptions = Omit<RecordSinkOptions, 'format' | 'nonFinite' | 'csv'>

/**
 * A Writable that writes records to Parquet files. See {@link RecordSink} for ordering, memory and errors.
 *
 * @example
 * await pipeline(results, new ParquetSink({ path: 'results.parquet' }))
 */
export class ParquetSink extends RecordSink {
  /** @throws {SpillwayError} `ERR_SPILLWAY_OPTION` for a wrong option */
  constructor(options: ParquetSinkOptions) {
    super({ ...options, format: 'parquet' })
  }
}
