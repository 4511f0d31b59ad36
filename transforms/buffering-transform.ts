/**
 * Groups records into batches by count, bytes and age, so that the following stages process arrays. It is the first
 * stage of a stream graph. Incoming batches are joined or split to the same limits.
 */
import { Transform, type TransformCallback } from 'node:stream'
import { destroyOnAbort } from '../lib/core/interruptible.ts'
import { annotate, markerBatch, notesOf, recordsOf, type Batch, type Chunk, type Segment } from '../lib/core/batch.ts'
import { sameObject } from '../lib/core/diagnostics.ts'
import type { Marker } from '../lib/core/marker.ts'
import type { ResultRecord } from '../lib/core/record.ts'
import { abortSignal, integerFrom, numberFrom, resolveOptions, type Checks } from '../lib/core/options.ts'
import { BatchBuffer } from './buffering/batch-buffer.ts'
import { MAX_TIMER_MS } from '../lib/core/timers.ts'

/** Options of {@link BufferingTransform}. */
export interface BufferingTransformOptions {
  /** Records of a full batch. @default 1000 */
  readonly bufferSize?: number
  /**
   * Bytes of a full batch, by an estimate of the memory of its records. Of small records only every eighth is measured.
   *
   * @default 8388608 (8 MB)
   */
  readonly maxBytes?: number
  /** Maximum time in milliseconds that a record waits until its batch is full. `Infinity` disables it. @default 1000 */
  readonly maxAgeMs?: number
  /** Records or batches in the queue before the buffer at which `write` returns false. @default 16 */
  readonly highWaterMark?: number
  /** When it is aborted, the stream is destroyed with an AbortError. */
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

/** The counts of a BufferingTransform. @inline */
export interface BufferingStats {
  /** Records that wait until their batch is full. */
  readonly records: number
  /** Their estimated bytes. */
  readonly bytes: number
  /** Batches passed on so far. */
  readonly flushes: number
  /** How often the same object was written again within a batch. */
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
   * @param segment - the container of all its records; its `count` is ignored
   */
  addBatch(this: void, records: readonly ResultRecord[], segment?: Segment): boolean
  /** Sends a marker behind the records added so far. */
  mark(this: void, marker: Marker): boolean
  /** Called when the next stage reads again. */
  onDrain: () => void
  /**
   * Called with a batch that holds an object more than once, before it leaves. By default it is published; the owner may
   * leave that to its sink, which knows the file.
   */
  onRepeated: (batch: Batch, repeated: number) => void
}

/** The {@link BufferInput} of a buffer. Its owner uses it and does not write to the stream; users do not see it. */
export let inputOf: (buffer: BufferingTransform) => BufferInput

/**
 * A Transform that groups records (or batches) into batches, in the order of arrival.
 *
 * Memory: at most one batch that is being filled (`bufferSize` records, `maxBytes` plus a few records). As many records
 * again, or one batch, may wait on either side of it. Records are kept by reference, not copied.
 *
 * A marker empties the buffer and follows its records. Records that are still in the buffer when the stream is
 * destroyed are lost. A ResultStreamer saves them.
 *
 * @example
 * await pipeline(results, new BufferingTransform({ bufferSize: 500 }), new JsonlSink({ path: 'results.jsonl' }))
 */
export class BufferingTransform extends Transform {
  readonly #options: ResolvedBufferingTransformOptions
  readonly #buffer: BatchBuffer
  #timer: NodeJS.Timeout | null = null
  #flushes = 0
  /** Repeated objects of the batches that have left. */
  #repeatsPublished = 0
  /** Whether the batch has reached its maximum age, but the next stage has not read the previous batches yet. */
  #overdue = false
  /** Whether the next stage has enough, and the owner of the input was asked to wait. */
  #isFull = false
  /** As `destroyed`, whose getter is slow for a check of each record. */
  #isDestroyed = false
  readonly #input: BufferInput = {
    add: (record, segment) => {
      if (this.#isDestroyed) return false
      if (this.#buffer.add(record, segment)) this.flush()
      else if (this.#timer === null) this.#startTimer()
      return this.#takesMore
    },
    addBatch: (records, segment) => {
      if (this.#isDestroyed) return false
      this.#addBatch(records, segment)
      return this.#takesMore
    },
    mark: (marker) => {
      this.#mark(marker)
      return this.#takesMore
    },
    onDrain: () => {},
    onRepeated: (batch, repeated) => {
      annotate(batch, { repeatsPublished: true })
      sameObject.publish({ workflowId: null, phase: null, path: null, repeated })
    },
  }

  /** @throws {SpillwayError} `ERR_SPILLWAY_OPTION` for a wrong option */
  constructor(given?: BufferingTransformOptions) {
    const options = resolveOptions('BufferingTransform', given, bufferingChecks, BUFFERING_DEFAULTS)
    super({
      readableObjectMode: true,
      writableObjectMode: true,
      // A high-water mark counts a batch as one item. With these marks about a thousand records wait on either side.
      readableHighWaterMark: Math.max(1, Math.ceil(1000 / options.bufferSize)),
      writableHighWaterMark: options.highWaterMark,
    })
    this.#options = options
    this.#buffer = new BatchBuffer({ maxRecords: options.bufferSize, maxBytes: options.maxBytes })
    // This comes last: a signal that is already aborted destroys the stream at once.
    destroyOnAbort(this, options.signal)
  }

  /** The counts so far. See `BufferingStats`. */
  get stats(): BufferingStats {
    const { bytes, length, repeated } = this.#buffer
    return { records: length, bytes, flushes: this.#flushes, repeated }
  }

  /** Passes on the buffered records now, without waiting for a full batch. */
  flush(): void {
    this.#stopTimer()
    this.#overdue = false
    if (this.#buffer.length === 0 || this.#isDestroyed || this.readableEnded) return
    this.#flushes += 1
    if (!this.push(this.#takeBatch())) this.#isFull = true
  }

  /** @internal */
  override _transform(chunk: Chunk, _encoding: BufferEncoding, callback: TransformCallback): void {
    const { marker } = notesOf(chunk)
    this.#addBatch(recordsOf(chunk))
    if (marker !== undefined) this.#mark(marker)
    callback()
  }

  /** @internal */
  override _read(size: number): void {
    if (this.#overdue) this.flush()
    super._read(size)
    if (!this.#isFull) return
    this.#isFull = false
    this.#input.onDrain()
  }

  /** @internal */
  override _flush(callback: TransformCallback): void {
    this.flush()
    callback()
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#isDestroyed = true
    this.#stopTimer()
    callback(error)
  }

  #takeBatch(): Batch {
    const batch = this.#buffer.take()
    const repeated = this.#buffer.repeated - this.#repeatsPublished
    this.#repeatsPublished += repeated
    if (repeated > 0) this.#input.onRepeated(batch, repeated)
    return batch
  }

  get #takesMore(): boolean {
    return !this.#isFull && !this.#isDestroyed
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
    // A full buffer of a stream that was destroyed meanwhile would never take more.
    for (let index = from; index < to && !this.#isDestroyed;) {
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

  // The timer is not unreferenced: the process must not exit while records are buffered.
  #startTimer(): void {
    const { maxAgeMs } = this.#options
    if (this.#timer !== null || this.#overdue || maxAgeMs > MAX_TIMER_MS) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      // The high-water mark is never exceeded. Otherwise a slow source would queue many small batches while no stage
      // reads them.
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
