/**
 * The sink that writes JSON lines files.
 */
import { RecordSink } from './record-sink.ts'
import type { RecordSinkOptions } from './options.ts'

/** Options of {@link JsonlSink}: those of {@link RecordSinkOptions} that apply to JSON lines. */
export type JsonlSinkOptions = Omit<
  RecordSinkOptions,
  | 'format'
  | 'schema'
  | 'inferRows'
  | 'inferBytes'
  | 'timestamps'
  | 'integers'
  | 'lists'
  | 'onDrift'
  | 'maxRotations'
  | 'csv'
  | 'rowGroupRows'
  | 'rowGroupBytes'
>

/**
 * A Writable that writes records to JSON lines files. See {@link RecordSink} for ordering, memory and errors.
 *
 * @example
 * await pipeline(results, new JsonlSink({ path: 'results.jsonl' }))
 */
export class JsonlSink extends RecordSink {
  /** @throws {SpillwayError} `ERR_SPILLWAY_OPTION` for a wrong option */
  constructor(options: JsonlSinkOptions) {
    super({ ...options, format: 'jsonl' })
  }
}
