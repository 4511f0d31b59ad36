/**
 * The last stage of a stream graph: a Writable of records (or batches). It writes one file, or a directory of parts, in
 * any format. The class only adapts the stream interface. RecordFiles does the work.
 */
import { destroyOnAbort } from '../lib/core/interruptible.ts'
import { failMarker, joinRecords, notesOf } from '../lib/core/batch.ts'
import { partClosed, partOpened, sameObject, type PhaseOrigin } from '../lib/core/diagnostics.ts'
import { controlOf, type AckLevel, type Marker } from '../lib/core/marker.ts'
import { QueueKeepingWritable, queueOf } from '../lib/core/queue-keeping-writable.ts'
import type { ResultRecord } from '../lib/core/record.ts'
import { RepeatedObjects } from './repeated-objects.ts'
import { deadLettersOf, refuseRejection, type DeadLetterFile } from './dead-letter-file.ts'
import { RecordFiles, type RecordFilesHooks, type RecordSinkStats } from './record-files.ts'
import { resolveRecordSinkOptions, type RecordSinkOptions, type ResolvedRecordSinkOptions } from './options.ts'
import { MAX_TIMER_MS } from '../lib/core/timers.ts'

type Callback = (error?: Error | null) => void

/** Single records are encoded in groups of this size. One asynchronous call for each record would double the cost. */
const RECORDS_AT_ONCE = 16

/** Written to the sink itself when its part has reached its maximum age. */
const ROTATE: readonly never[] = Object.freeze([])

/**
 * A Writable that writes records to files.
 *
 * Accepts: a record, or an array of records (a batch). Ordering: records enter the file in the order in which they were
 * written to the sink.
 *
 * Memory, at most:
 * - the queue of the stream, with `highWaterMark` chunks
 * - 16 single records that are already accepted
 * - a chunk of about 256 KB, in a buffer of up to 1 MB
 * - two writes of up to 1 MB
 * - for Parquet, one row group (`rowGroupBytes`); in a run, up to 2 MB to copy it for a checkpoint
 * - before the columns are known, up to `inferRows` records (`inferBytes`)
 *
 * A full chunk is written to the file at once. A smaller rest is written when the producers pause. Parquet writes only
 * whole row groups.
 *
 * If a failing source or an abort destroys the stream, records already written to the sink are not lost. They are saved
 * first, and `close` is emitted afterwards. Only a failure of the sink itself, such as a full disk, stops the writing.
 *
 * Events: `partOpened` with an `OpenedPart`, and `partClosed` with a `ClosedPart` when that part is durable.
 *
 * Errors: `ERR_SPILLWAY_EXISTS`, `ERR_SPILLWAY_IO`, `ERR_SPILLWAY_VALUE`, `ERR_SPILLWAY_DRIFT`.
 */
export class RecordSink extends QueueKeepingWritable {
  readonly #options: ResolvedRecordSinkOptions
  readonly #files: RecordFiles
  readonly #deadLetters: DeadLetterFile | undefined
  /** Single records that are accepted but not yet encoded. They wait for more records or for a pause. */
  #gathered: unknown[] = []
  /**
   * The work of the current hook, or a flush. Hooks never overlap, but `destroy` may be called while one is running.
   */
  #work: Promise<void> = Promise.resolve()
  #state: 'open' | 'failed' | 'closed' = 'open'
  /** Pending answers to markers, which wait for the disk. */
  readonly #answers = new Set<Promise<void>>()
  readonly #origin: PhaseOrigin
  readonly #repeats = new RepeatedObjects()
  #repeated = 0
  #ageTimer: NodeJS.Timeout | undefined
  #flushing: NodeJS.Immediate | undefined

  /**
   * @param origin - the phase whose records it writes, for messages of the diagnostics channels
   * @param openRowsDirectory - where a marker puts the records of a row group that is too small to be written; undefined:
   *   a marker ends the row group
   * @throws {SpillwayError} `ERR_SPILLWAY_OPTION` for a wrong option
   */
  constructor(
    given: RecordSinkOptions,
    origin: PhaseOrigin = { workflowId: null, phase: null },
    openRowsDirectory?: string,
  ) {
    const options = resolveRecordSinkOptions(new.target.name, given)
    const { highWaterMark, signal } = options
    super({ objectMode: true, highWaterMark })
    this.#options = options
    this.#origin = origin
    this.#deadLetters = deadLettersOf(options)
    const hooks: RecordFilesHooks = {
      onReject: options.onReject ?? ((rejection) => this.#deadLetters?.add(rejection) ?? refuseRejection(rejection)),
      onFailure: (error) => {
        this.#state = 'failed'
        this.destroy(error)
      },
      onPartOpened: (part) => {
        this.#restartAgeTimer()
        partOpened.publish({ ...origin, ...part })
        this.emit('partOpened', part)
      },
      onPartClosed: (part) => {
        partClosed.publish({ ...origin, ...part })
        this.emit('partClosed', part)
      },
    }
    this.#files = new RecordFiles(options, hooks, openRowsDirectory)
    // This comes last: a signal that is already aborted destroys the stream at once.
    destroyOnAbort(this, signal)
  }

  /** The counts so far. See {@link RecordSinkStats}. */
  get stats(): RecordSinkStats {
    return { ...this.#files.stats, repeated: this.#repeated }
  }

  /**
   * Path of the dead-letter file, which is created with the first rejection. Null when rejected records go elsewhere.
   */
  get deadLetterPath(): string | null {
    return this.#deadLetters?.path ?? null
  }

  /** @internal */
  override _construct(callback: Callback): void {
    this.#run(() => this.#open(), callback)
  }

  /** @internal */
  override _write(chunk: unknown, _encoding: BufferEncoding, callback: Callback): void {
    this.#accept([chunk], callback)
  }

  /** @internal */
  override _writev(chunks: readonly { chunk: unknown }[], callback: Callback): void {
    this.#accept(
      chunks.map(({ chunk }) => chunk),
      callback,
    )
  }

  /** @internal */
  override _final(callback: Callback): void {
    const chunks = this.#takeGathered()
    this.#run(async () => {
      await this.#writeAll(chunks)
      await this.#close()
    }, callback)
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    clearTimeout(this.#ageTimer)
    clearImmediate(this.#flushing)
    this.#work
      .then(() => this.#release(error))
      .then(
        () => {
          callback(error)
        },
        (failure: unknown) => {
          callback(error ?? (failure as Error))
        },
      )
  }

  #accept(chunks: readonly unknown[], callback: Callback): void {
    this.#gathered.push(...chunks)
    if (this.#gathered.length < RECORDS_AT_ONCE && !chunks.some(Array.isArray)) {
      this.#flushSoon()
      callback()
    } else {
      const all = this.#takeGathered()
      this.#run(() => this.#writeAll(all), callback)
    }
  }

  #takeGathered(): readonly unknown[] {
    const gathered = this.#gathered
    this.#gathered = []
    return gathered
  }

  /** Runs the work of a hook. The stream is released only after that work has settled. */
  #run(work: () => Promise<void>, callback: Callback): void {
    // The work starts in a later microtask. It may destroy the stream, for example by an abort in `onReject`. If it ran
    // at once, the chunks passed to this hook would still be in the queue of Node.js. They would then be saved twice.
    const done = this.#work.then(work)
    this.#work = done.catch(() => {
      this.#state = 'failed'
    })
    done.then(() => {
      callback()
    }, callback)
  }

  /**
   * Encodes the gathered records and writes the encoded bytes once the producers pause. One write for every few records
   * would cost more than encoding them. A full chunk does not wait for a pause.
   */
  #flushSoon(): void {
    this.#flushing ??= setImmediate(() => {
      this.#flushing = undefined
      if (this.writableLength > 0 || this.#state !== 'open' || this.destroyed) return
      const chunks = this.#takeGathered()
      const flush = async (): Promise<void> => {
        await this.#writeAll(chunks)
        await this.#files.flush()
      }
      this.#run(flush, (error) => {
        if (error) this.destroy(error)
      })
    })
  }

  async #open(): Promise<void> {
    // Destroyed before anything was written: existing output stays as it is.
    if (this.destroyed && queueOf(this).length === 0) {
      this.#state = 'closed'
      return
    }
    await this.#deadLetters?.prepare()
    await this.#files.open()
  }

  async #writeAll(chunks: readonly unknown[]): Promise<void> {
    if (chunks.length === 0) return
    try {
      // Single records are accepted before they are written. The sink may have failed since then.
      if (this.#state === 'failed') throw this.errored ?? new TypeError('a sink that failed is destroyed')
      let repeated = 0
      for (const run of joinRecords(chunks)) {
        const { marker, repeatsPublished } = notesOf(run)
        const repeats = this.#repeats.add(run as readonly ResultRecord[])
        this.#repeated += repeats
        if (repeatsPublished !== true) repeated += repeats
        if (run === ROTATE) await this.#files.rotate()
        else await this.#files.write(run)
        if (marker !== undefined) await this.#answer(marker)
      }
      // Records in the queue waited while these were written.
      if (!this.#files.holdsRecords && queueOf(this).length === 0) this.#repeats.clear()
      if (repeated > 0) sameObject.publish({ ...this.#origin, path: this.#files.path, repeated })
      this.#flushSoon()
    } catch (error) {
      failMarkers(chunks, error)
      throw error
    }
  }

  async #answer(marker: Marker): Promise<void> {
    const { pass, settle, fail } = controlOf(marker)
    const { openRows, ...receipt } = await this.#files.checkpoint()
    pass(receipt, openRows)
    // Only the sender of the marker waits for the disk.
    const answer: Promise<void> = this.#reach(marker.level)
      .then(
        () => {
          settle(receipt)
        },
        (error: unknown) => {
          fail(error)
          this.#state = 'failed'
          this.destroy(error as Error)
        },
      )
      .finally(() => this.#answers.delete(answer))
    this.#answers.add(answer)
  }

  async #reach(level: AckLevel): Promise<void> {
    await Promise.all([this.#files.reach(level), this.#deadLetters?.flush(level === 'durable')])
  }

  async #close(): Promise<void> {
    await this.#files.close()
    await Promise.all(this.#answers)
    await this.#deadLetters?.close()
    this.#state = 'closed'
  }

  /** Saves the accepted records unless the sink itself has failed, then closes all files. */
  async #release(error: Error | null): Promise<void> {
    if (this.#state === 'closed') return
    try {
      if (this.#state === 'failed') {
        failMarkers(queueOf(this), error)
      } else {
        await this.#writeAll([...this.#takeGathered(), ...queueOf(this)])
        await this.#close()
      }
    } finally {
      await this.#files.abandon()
      await this.#deadLetters?.close().catch(() => {})
    }
  }

  #restartAgeTimer(): void {
    const { partMaxAgeMs } = this.#options
    clearTimeout(this.#ageTimer)
    if (partMaxAgeMs > MAX_TIMER_MS || this.destroyed) return
    this.#ageTimer = setTimeout(() => {
      if (!this.writableEnded && !this.destroyed) this.write(ROTATE)
    }, partMaxAgeMs).unref()
  }
}

function failMarkers(chunks: readonly unknown[], error: unknown): void {
  for (const chunk of chunks) failMarker(chunk, error)
}
