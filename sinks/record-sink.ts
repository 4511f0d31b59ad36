/**
 * The last stage of a stream graph: a Writable of records (or batches) that writes one file, or a directory of
 * parts, in any format. The stream is a thin host; RecordFiles does the work.
 */
import { addAbortSignal, Writable } from 'node:stream'
import { notesOf, type AckLevel, type Marker } from '../lib/core/batch.ts'
import { partClosed, partOpened } from '../lib/core/diagnostics.ts'
import { queuedChunks } from '../lib/core/queued-chunks.ts'
import { deadLettersOf, refuseRejection, type DeadLetterFile } from './dead-letter-file.ts'
import { RecordFiles, type RecordSinkStats } from './record-files.ts'
import { resolveRecordSinkOptions, type RecordSinkOptions, type ResolvedRecordSinkOptions } from './options.ts'
import { MAX_TIMER_MS } from '../lib/core/timers.ts'

type Callback = (error?: Error | null) => void

/** Fewer rows are no row group worth having: a marker that may wait is declined while so few of them are open. */
const LEAST_ROWS = 10_000

/** Single records are encoded so many at a time: to run for each of them would cost as much again. */
const RECORDS_AT_ONCE = 16

/** Sent through the sink's own queue when its part is due for its age. */
const ROTATE: readonly never[] = Object.freeze([])

/**
 * A Writable of records into files.
 *
 * Order: records enter the file in the order they were written. Memory: the queue of the stream (`highWaterMark`
 * chunks) and up to 16 single records that are accepted already, a chunk of about 256 KB in memory of up to 1 MB, two
 * writes of up to 1 MB, for Parquet a row group (`rowGroupBytes`), and before columns are known up to `inferRows` records
 * (`inferBytes`).
 *
 * A full chunk goes to the file at once, what is left when the writers pause; for Parquet only whole row groups.
 *
 * What was written to the sink is not lost when the stream is destroyed, by a failing source or an abort: it is still
 * saved, and `close` comes after that. Only a failure of the sink itself (a full disk, say) ends the writing.
 *
 * Events: `partOpened` with an `OpenedPart`, `partClosed` with a `ClosedPart` once that is durable.
 *
 * Errors: `ERR_SPILLWAY_EXISTS`, `ERR_SPILLWAY_IO`, `ERR_SPILLWAY_VALUE`, `ERR_SPILLWAY_DRIFT`.
 */
export class RecordSink extends Writable {
  readonly #options: ResolvedRecordSinkOptions
  readonly #files: RecordFiles
  readonly #deadLetters: DeadLetterFile | undefined
  /** Single records that wait for some more of them, or for a pause. */
  #gathered: unknown[] = []
  /** What was in the queue when the stream was destroyed. */
  #unwritten: unknown[] = []
  /** The work of the hook at hand, or a flush. Hooks never overlap, but a destroy may come while one works. */
  #work: Promise<void> = Promise.resolve()
  #state: 'open' | 'failed' | 'closed' = 'open'
  /** Markers that wait for the disk. */
  readonly #answers = new Set<Promise<void>>()
  #ageTimer: NodeJS.Timeout | undefined
  #flushing: NodeJS.Immediate | undefined

  /** @throws {SpillwayError} `ERR_SPILLWAY_OPTION` */
  constructor(given: RecordSinkOptions) {
    const options = resolveRecordSinkOptions(new.target.name, given)
    const { highWaterMark, signal } = options
    super({ objectMode: true, highWaterMark })
    this.#options = options
    this.#deadLetters = deadLettersOf(options)
    this.#files = new RecordFiles(options, {
      onReject: options.onReject ?? ((rejection) => this.#deadLetters?.add(rejection) ?? refuseRejection(rejection)),
      onFailure: (error) => {
        this.#state = 'failed'
        this.destroy(error)
      },
      onPartOpened: (part) => {
        this.#restartAgeTimer()
        partOpened.publish(part)
        this.emit('partOpened', part)
      },
      onPartClosed: (part) => {
        partClosed.publish(part)
        this.emit('partClosed', part)
      },
    })
    // Last, as a signal that is aborted already destroys the stream at once.
    if (signal) addAbortSignal(signal, this)
  }

  /** What was written so far; see {@link RecordSinkStats}. */
  get stats(): RecordSinkStats {
    return this.#files.stats
  }

  /** The file of the rejected records, which comes into being with the first; null when they go elsewhere. */
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

  override destroy(error?: Error): this {
    if (!this.destroyed) this.#unwritten = queuedChunks(this)
    return super.destroy(error)
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

  /** Runs the work of a hook, which settles before the stream is released. */
  #run(work: () => Promise<void>, callback: Callback): void {
    // A step later: a destroy from within the work (an abort in `onReject`, say) would find the chunks that Node has
    // handed over still in its queue, and save them a second time.
    const done = this.#work.then(work)
    this.#work = done.catch(() => {
      this.#state = 'failed'
    })
    done.then(() => {
      callback()
    }, callback)
  }

  /**
   * Encodes what was gathered, and sends what is encoded to the file, once the writers pause: a write for every few
   * records would cost more than they do. A chunk that is full does not wait for it.
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
    // Destroyed before anything was written: what is on the disk stays as it is.
    if (this.destroyed && this.#unwritten.length === 0) {
      this.#state = 'closed'
      return
    }
    await this.#deadLetters?.prepare()
    await this.#files.open()
  }

  async #writeAll(chunks: readonly unknown[]): Promise<void> {
    if (chunks.length === 0) return
    try {
      // Single records are accepted before they are written: the sink may have failed since.
      if (this.#state === 'failed') throw this.errored ?? new TypeError('a sink that failed is destroyed')
      for (const run of joinRecords(chunks)) {
        if (run === ROTATE) await this.#files.rotate()
        else await this.#files.write(run)
        const { marker } = notesOf(run)
        if (marker !== undefined) await this.#answer(marker)
      }
      this.#flushSoon()
    } catch (error) {
      failMarkers(chunks, error)
      throw error
    }
  }

  async #answer(marker: Marker): Promise<void> {
    const { openRows } = this.#files
    if (marker.mayWait && openRows > 0 && openRows < LEAST_ROWS) {
      marker.settle(null)
      return
    }
    const receipt = await this.#files.checkpoint()
    marker.pass(receipt)
    // Nobody waits for the disk but who sent the marker.
    const answer: Promise<void> = this.#reach(marker.level)
      .then(
        () => {
          marker.settle(receipt)
        },
        (error: unknown) => {
          marker.fail(error)
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

  /** Saves what was accepted, unless the sink itself has failed, and lets go of all files. */
  async #release(error: Error | null): Promise<void> {
    if (this.#state === 'closed') return
    try {
      if (this.#state === 'failed') {
        failMarkers(this.#unwritten, error)
      } else {
        await this.#writeAll([...this.#takeGathered(), ...this.#unwritten])
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

/** Joins single records in a row to one array, which is written at once. */
function joinRecords(chunks: readonly unknown[]): unknown[] {
  const runs: unknown[] = []
  let run: unknown[] | undefined
  for (const chunk of chunks) {
    if (Array.isArray(chunk)) {
      runs.push(chunk)
      run = undefined
    } else if (run === undefined) {
      run = [chunk]
      runs.push(run)
    } else {
      run.push(chunk)
    }
  }
  return runs
}

function failMarkers(chunks: readonly unknown[], error: unknown): void {
  for (const chunk of chunks) notesOf(chunk).marker?.fail(error)
}
