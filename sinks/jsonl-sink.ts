/**
 * The sink for JSON lines.
 */
import { RecordSink } from './record-sink.ts'
import type { RecordSinkOptions } from './options.ts'

/** Options of {@link JsonlSink}: those of {@link RecordSinkOptions} that the format has. */
export type JsonlSinkOptions = Omit<
  RecordSinkOptions,
  | 'format'
  | 'schema'
  | 'inferRows'
  | 'inferBytes'
  | 'onDrift'
  | 'maxRotations'
  | 'csv'
  | 'rowGroupRows'
  | 'rowGroupBytes'
>

/**
 * A Writable of records into JSON lines files; see {@link RecordSink}.
 *
 * @example
 * await pipeline(results, new JsonlSink({ path: 'results.jsonl' }))
 */
export class JsonlSink extends RecordSink {
  /** @throws {SpillwayError} `ERR_SPILLWAY_OPTION` */
  constructor(options: JsonlSinkOptions) {
    super({ ...options, format: 'jsonl' })
  }
}
