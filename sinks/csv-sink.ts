/**
 * The sink for CSV.
 */
import { RecordSink } from './record-sink.ts'
import type { RecordSinkOptions } from './options.ts'

/** Options of {@link CsvSink}: those of {@link RecordSinkOptions} that the format has. */
export type CsvSinkOptions = Omit<RecordSinkOptions, 'format' | 'nonFinite' | 'rowGroupRows' | 'rowGroupBytes'>

/**
 * A Writable of records into CSV files; see {@link RecordSink}.
 *
 * @example
 * await pipeline(results, new CsvSink({ path: 'results.csv' }))
 */
export class CsvSink extends RecordSink {
  /** @throws {SpillwayError} `ERR_SPILLWAY_OPTION` */
  constructor(options: CsvSinkOptions) {
    super({ ...options, format: 'csv' })
  }
}
