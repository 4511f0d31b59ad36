/**
 * The two kinds of files that rows are kept in: Parquet, for rows that are alike, and frames of serialized rows, for any.
 */
import { once } from 'node:events'
import { finished } from 'node:stream/promises'
import { RecordSink } from '../../sinks/record-sink.ts'
import { SpillwayError } from '../core/errors.ts'
import type { ResultRecord } from '../core/record.ts'
import type { Rejection } from '../core/rejection.ts'
import { FramesWriter } from './frames-file.ts'
import type { NewFile, StoredFile } from './new-files.ts'
import { serializeRows, type RowsPlace } from './serialize.ts'

/** A complete file of rows. */
export interface StoredRows extends StoredFile {
  readonly format: 'parquet' | 'frames'
  readonly rows: number
}

/** A file of rows being written. Each call is to be awaited before the next. */
export interface RowsFile {
  /** @throws {SpillwayError} `ERR_SPILLWAY_IO`; `ERR_SPILLWAY_OUTPUT` for rows that cannot be serialized */
  write(rows: readonly ResultRecord[]): Promise<void>
  /** Completes the file and makes it durable. */
  finish(): Promise<StoredRows>
  /** Releases the file after a failure. */
  abandon(): Promise<void>
}

/**
 * A row group of this size, decoded, still dies young: larger ones take twice the memory and the time to read back.
 */
const ROW_GROUP_BYTES = 512 * 1024

/** Rows that FlatColumns has taken. Memory: a row group of 512 KB. */
export class ParquetRows implements RowsFile {
  readonly #target: NewFile
  readonly #sink: RecordSink
  #rows = 0

  constructor(target: NewFile) {
    this.#target = target
    const { path, openTarget } = target
    this.#sink = new RecordSink({
      format: 'parquet',
      path,
      openTarget,
      inferRows: 1,
      rowGroupBytes: ROW_GROUP_BYTES,
      onReject: refuse,
    })
    // Failures are met by whoever awaits the call.
    this.#sink.on('error', () => {})
  }

  write(rows: readonly ResultRecord[]): Promise<void> {
    this.#rows += rows.length
    return new Promise((resolve, reject) => {
      this.#sink.write(rows, (error) => {
        if (error) reject(this.#sink.errored ?? error)
        else resolve()
      })
    })
  }

  async finish(): Promise<StoredRows> {
    this.#sink.end()
    await finished(this.#sink)
    return { ...this.#target.stored, format: 'parquet', rows: this.#rows }
  }

  async abandon(): Promise<void> {
    this.#sink.destroy()
    if (!this.#sink.closed) await once(this.#sink, 'close')
  }
}

/** Rows of any kind. Memory: one frame and the one before it. */
export class SerializedRows implements RowsFile {
  readonly #target: NewFile
  readonly #frames: FramesWriter
  readonly #place: RowsPlace
  readonly #first: number
  #rows = 0

  /** @param first - the index of its first row among all rows of the table, for messages */
  constructor(target: NewFile, place: RowsPlace, first: number) {
    this.#target = target
    this.#frames = new FramesWriter(target)
    this.#place = place
    this.#first = first
  }

  async write(rows: readonly ResultRecord[]): Promise<void> {
    await this.#frames.write(serializeRows(rows, this.#first + this.#rows, this.#place))
    this.#rows += rows.length
  }

  async finish(): Promise<StoredRows> {
    await this.#frames.finish()
    return { ...this.#target.stored, format: 'frames', rows: this.#rows }
  }

  abandon(): Promise<void> {
    return this.#frames.abandon()
  }
}

/** No row may be left out. */
function refuse({ reason, field = 'a field' }: Rejection): never {
  throw new SpillwayError(
    'ERR_SPILLWAY_OUTPUT',
    `A row of the output cannot be stored: ${field}: ${reason}. Leave it out.`,
  )
}
