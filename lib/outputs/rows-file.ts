/**
 * The two formats of files with rows: Parquet for rows with the same columns, and frames of serialized rows for all
 * others.
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
  /** Number of rows in the file. */
  readonly rows: number
}

/** A file of rows that is being written. Await each call before the next. */
export interface RowsFile {
  /**
   * Appends rows.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_IO`; `ERR_SPILLWAY_OUTPUT` for rows that cannot be stored
   */
  write(rows: readonly ResultRecord[]): Promise<void>
  /** Completes the file and makes it durable. */
  finish(): Promise<StoredRows>
  /** Closes the file after a failure, without an error. */
  abandon(): Promise<void>
}

/**
 * A decoded row group of this size is still collected in the young generation of the garbage collector. Larger row
 * groups need twice the memory, and twice the time to read.
 */
const ROW_GROUP_BYTES = 512 * 1024

/** Writes rows that FlatColumns has accepted to a Parquet file. Memory: one row group of 512 KB. */
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
      onReject: failOnRejection,
    })
    // The calls below report the failures of the sink.
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

/** Writes rows of any kind to a file of frames. Memory: the current frame and the one before it. */
export class SerializedRows implements RowsFile {
  readonly #target: NewFile
  readonly #frames: FramesWriter
  readonly #place: RowsPlace
  readonly #first: number
  #rows = 0

  /** @param first - the index of the file's first row among all rows of the table, for messages */
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

/** Fails the file, because an output must contain all its rows. */
function failOnRejection({ reason, field = 'a field' }: Rejection): never {
  throw new SpillwayError(
    'ERR_SPILLWAY_OUTPUT',
    `A row of the output cannot be stored: ${field}: ${reason}. Remove it from the row.`,
  )
}
