/**
 * The sink that writes CSV files.
 */
import { RecordSink } from './record-sink.ts'
import type { RecordSinkOptions } from './options.ts'

/** Options of {@link CsvSink}: those of {@link RecordSinkOptions} that apply to CSV. */
export type CsvSinkOptions = Omit<
  RecordSinkOptions,
  'format' | 'timestamps' | 'integers' | 'lists' | 'nonFinite' | 'rowGroupRows' | 'rowGroupBytes'
>

/**
 * A Writable that writes records to CSV files. See {@link RecordSink} for ordering, memory and errors.
 *
 * @example
 * await pipeline(results, new CsvSink({ path: 'results.csv' }))
 */
export class CsvSink extends RecordSink {
  /** @throws {SpillwayError} `ERR_SPILLWAY_OPTION` for a wrong option */
  constructor(options: CsvSinkOptions) {
    super({ ...options, format: 'csv' })
  }
}
