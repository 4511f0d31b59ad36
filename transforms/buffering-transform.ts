/**
 * Turns records into batches, by count, bytes and age, so that what follows works on arrays. The first stage of a
 * stream graph; batches that arrive are joined or split to the same bounds.
 */
import { addAbortSignal, Transform, type TransformCallback } from 'node:stream'
import { markerBatch, notesOf, recordsOf, type Chunk, type Segment } from '../lib/core/batch.ts'
import type { ResultRecord } from '../lib/core/record.ts'
import { abortSignal, integerFrom, numberFrom, resolveOptions, type Checks } from '../lib/core/options.ts'
import { BatchBuffer } from './buffering/batch-buffer.ts'
import { MAX_TIMER_MS } from '../lib/core/timers.ts'

/** Options of {@link BufferingTransform}. */
export interface BufferingTransformOptions {
  /** Records of a full batch. @default 1000 */
  readonly bufferSize?: number
  /** Bytes of a full batch, by an estimate of what its records hold in memory; of light records every eighth is looked at. @default 8388608 (8 MB) */
  readonly maxBytes?: number
  /** Longest time a record waits for its batch to fill; `Infinity` for ever. @default 1000 */
  readonly maxAgeMs?: number
  /** Records or batches that wait before the buffer when what follows it is slow. @default 16 */
  readonly highWaterMark?: number
  /** Destroys the stream with an AbortError. */
  readonly signal?: AbortSignal
}

/** {@link BufferingTransformOptions} with the defaults filled in. */
type ResolvedBufferingTransformOptions = BufferingTransformOptions & Required<Omit<BufferingTransformOptions, 'signal'>>

/** Checks of {@link BufferingTransformOptions}. */
export const bufferingChecks: Checks<BufferingTransformOptions> = {
  bufferSize: integerFrom(1),
  maxBytes: integerFrom(1),
  maxAgeMs: numberFrom(0),
  highWaterMark: integerFrom(1),
  signal: abortSignal,
}

/** Defaults of {@link BufferingTransformOptions}. */
export const BUFFERING_DEFAULTS = {
  bufferSize: 1000,
  maxBytes: 8 * 1024 * 1024,
  maxAgeMs: 1000,
  highWaterMark: 16,
} as const satisfies BufferingTransformOptions

/** What a BufferingTransform tells of itself while it runs. @inline */
export interface BufferingStats {
  /** Records waiting for their batch to fill. */
  readonly records: number
  /** Their estimated bytes. */
  readonly bytes: number
  /** Batches handed on. */
  readonly flushes: number
  /** Times that one object was handed over twice within a batch. */
  readonly repeated: number
}

/**
 * A Transform of records (or batches) into batches, in the order they came.
 *
 * Memory: at most one batch being filled (`bufferSize` records, `maxBytes` plus a few records), and as many records
 * again, or one batch, on either side of it. Records are kept by reference. A marker empties the buffer and
 * follows it. Records still in the buffer when the stream is destroyed are gone: a ResultStreamer saves them.
 *
 * @example
 * await pipeline(results, new BufferingTransform({ bufferSize: 500 }), new JsonlSink({ path: 'results.jsonl' }))
 */
export class BufferingTransform extends Transform {
  readonly #options: ResolvedBufferingTransformOptions
  readonly #buffer: BatchBuffer
  #timer: NodeJS.Timeout | null = null
  #flushes = 0
  /** The batch is due for its age, but the next stage has not read the ones before it. */
  #overdue = false

  /** @throws {SpillwayError} `ERR_SPILLWAY_OPTION` */
  constructor(given?: BufferingTransformOptions) {
    const options = resolveOptions('BufferingTransform', given, bufferingChecks, BUFFERING_DEFAULTS)
    super({
      readableObjectMode: true,
      writableObjectMode: true,
      // A mark counts a batch as one: it is set so that about a thousand records wait on either side.
      readableHighWaterMark: Math.max(1, Math.ceil(1000 / options.bufferSize)),
      writableHighWaterMark: options.highWaterMark,
    })
    this.#options = options
    this.#buffer = new BatchBuffer({ maxRecords: options.bufferSize, maxBytes: options.maxBytes })
    // Last, as a signal that is aborted already destroys the stream at once.
    if (options.signal) addAbortSignal(options.signal, this)
  }

  /** Where it is; see `BufferingStats`. */
  get stats(): BufferingStats {
    const { bytes, length, repeated } = this.#buffer
    return { records: length, bytes, flushes: this.#flushes, repeated }
  }

  /** Hands on what is in the buffer now, without waiting for it to fill. */
  flush(): void {
    this.#stopTimer()
    this.#overdue = false
    if (this.#buffer.length === 0 || this.destroyed || this.readableEnded) return
    this.#flushes += 1
    this.push(this.#buffer.take())
  }

  /** @internal */
  override _transform(chunk: Chunk, _encoding: BufferEncoding, callback: TransformCallback): void {
    const { marker, segments } = notesOf(chunk)
    const records = recordsOf(chunk)
    let from = 0
    for (const segment of segments ?? []) {
      this.#add(records, from, Math.min(from + segment.count, records.length), segment)
      from += segment.count
    }
    this.#add(records, from, records.length)
    if (marker !== undefined) {
      this.flush()
      this.push(markerBatch(marker))
    }
    if (this.#buffer.length > 0) this.#startTimer()
    callback()
  }

  /** @internal */
  override _read(size: number): void {
    if (this.#overdue) this.flush()
    super._read(size)
  }

  /** @internal */
  override _flush(callback: TransformCallback): void {
    this.flush()
    callback()
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#stopTimer()
    callback(error)
  }

  #add(records: readonly ResultRecord[], from: number, to: number, segment?: Segment): void {
    let index = from
    while (index < to) {
      const run = segment && { ...segment, firstSeq: segment.firstSeq + index - from }
      index = this.#buffer.addRun(records, index, to, run)
      if (this.#buffer.full) this.flush()
    }
  }

  // The timer keeps the process alive: records are not lost because nobody waited for them.
  #startTimer(): void {
    const { maxAgeMs } = this.#options
    if (this.#timer !== null || this.#overdue || maxAgeMs > MAX_TIMER_MS) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      // Never more than the mark: while nobody reads, a slow source would pile up one small batch after the other.
      if (this.readableLength < this.readableHighWaterMark) this.flush()
      else this.#overdue = true
    }, maxAgeMs)
  }

  #stopTimer(): void {
    if (this.#timer === null) return
    clearTimeout(this.#timer)
    this.#timer = null
  }
}
