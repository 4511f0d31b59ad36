/**
 * Turns records into batches, by count, bytes and age, so that what follows works on arrays. The first stage of a
 * stream graph; batches that arrive are joined or split to the same bounds.
 */
import { addAbortSignal, Transform, type TransformCallback } from 'node:stream'
import { markerBatch, notesOf, recordsOf, type Chunk, type Segment } from '../lib/core/batch.ts'
import type { Marker } from '../lib/core/marker.ts'
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
export type ResolvedBufferingTransformOptions = BufferingTransformOptions &
  Required<Omit<BufferingTransformOptions, 'signal'>>

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

/** What a BufferingTransform tells of itself while it runs. */
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
 * The way into a buffer for the stream graph that owns it. A record enters the batch at once, without the hop through
 * the queue of the stream, which would cost more than all that the buffer does (`npm run bench -- buffering`).
 */
export interface BufferInput {
  /**
   * Adds one record. False asks the caller to wait for {@link onDrain} before it adds more; a buffer that is destroyed
   * takes nothing, and never drains.
   */
  add(this: void, record: ResultRecord, segment?: Segment): boolean
  /**
   * Adds a batch, with the segments that are noted beside it.
   *
   * @param segment - who made all of its records; `count` is not looked at
   */
  addBatch(this: void, records: readonly ResultRecord[], segment?: Segment): boolean
  /** Sends a marker behind the records added so far. */
  mark(this: void, marker: Marker): boolean
  /** Called when the next stage reads again. */
  onDrain: () => void
}

/** The {@link BufferInput} of a buffer. Its owner uses it and does not write to the stream; users do not see it. */
export let inputOf: (buffer: BufferingTransform) => BufferInput

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
  /** The next stage has enough: the one who adds directly was asked to wait. */
  #isFull = false
  readonly #input: BufferInput = {
    add: (record, segment) => {
      if (this.destroyed) return false
      this.#buffer.add(record, segment)
      if (this.#buffer.full) this.flush()
      else this.#startTimer()
      return !this.#isFull
    },
    addBatch: (records, segment) => {
      if (this.destroyed) return false
      this.#addBatch(records, segment)
      return !this.#isFull
    },
    mark: (marker) => {
      this.#mark(marker)
      return !this.#isFull
    },
    onDrain: () => {},
  }

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

  /** Where it is; see {@link BufferingStats}. */
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
    if (!this.push(this.#buffer.take())) this.#isFull = true
  }

  override _transform(chunk: Chunk, _encoding: BufferEncoding, callback: TransformCallback): void {
    const { marker } = notesOf(chunk)
    this.#addBatch(recordsOf(chunk))
    if (marker !== undefined) this.#mark(marker)
    callback()
  }

  override _read(size: number): void {
    if (this.#overdue) this.flush()
    super._read(size)
    if (!this.#isFull) return
    this.#isFull = false
    this.#input.onDrain()
  }

  override _flush(callback: TransformCallback): void {
    this.flush()
    callback()
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#stopTimer()
    callback(error)
  }

  #addBatch(records: readonly ResultRecord[], segment?: Segment): void {
    let from = 0
    for (const noted of segment === undefined ? (notesOf(records).segments ?? []) : []) {
      const to = Math.min(from + noted.count, records.length)
      this.#addRun(records, from, to, noted)
      from = to
    }
    this.#addRun(records, from, records.length, segment)
    if (this.#buffer.length > 0) this.#startTimer()
  }

  #addRun(records: readonly ResultRecord[], from: number, to: number, segment?: Segment): void {
    for (let index = from; index < to;) {
      const isSplit = segment !== undefined && index > from
      const rest = isSplit ? { ...segment, firstSeq: segment.firstSeq + index - from } : segment
      index = this.#buffer.addRun(records, index, to, rest)
      if (this.#buffer.full) this.flush()
    }
  }

  #mark(marker: Marker): void {
    this.flush()
    if (!this.push(markerBatch(marker))) this.#isFull = true
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

  static {
    inputOf = (buffer) => buffer.#input
  }
}
