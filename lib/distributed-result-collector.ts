/**
 * Merges the results of many sources within this process (workers, child streams) into one Readable: fairly, and with
 * a bounded queue for each, so that neither a fast source nor a slow one gets in the way of the others.
 */
import { addAbortSignal, Readable, type Writable } from 'node:stream'
import { isAbortError, messageOf, SpillwayError } from './core/errors.ts'
import { abortSignal, expectValue, flag, integerFrom, resolveOptions, text, type Checks } from './core/options.ts'
import { SourceFailures } from './collector/source-failures.ts'
import { SourceQueue, type SourceStats } from './collector/source-queue.ts'

/** Options of {@link DistributedResultCollector}. */
export interface DistributedResultCollectorOptions {
  /** Names the run in messages. */
  readonly workflowId: string
  /** How many sources there are. */
  readonly numSources: number
  /** Records that wait for each source. @default 1000 */
  readonly maxQueueRecords?: number
  /** Bytes that wait for each source, by an estimate of what its records hold in memory. @default 8388608 (8 MB) */
  readonly maxQueueBytes?: number
  /** Emit arrays, as they came, in place of single records. @default false */
  readonly batches?: boolean
  /** Destroys the collector and its sources with an AbortError. */
  readonly signal?: AbortSignal
}

/** What a collector tells of itself while it runs. */
export interface DistributedResultCollectorStats {
  /** Each source, by its number. */
  readonly sources: readonly SourceStats[]
  /** Sums over the sources. */
  readonly accepted: number
  /** Records that were read, over all sources. */
  readonly delivered: number
  /** Records in the queues, over all sources. */
  readonly queued: number
  /** Estimated bytes of the records in the queues. */
  readonly queuedBytes: number
  /** Sources that may still write. */
  readonly open: number
  /** Sources that failed. */
  readonly failed: number
}

const checks: Checks<DistributedResultCollectorOptions> = {
  workflowId: text,
  numSources: integerFrom(1),
  maxQueueRecords: integerFrom(1),
  maxQueueBytes: integerFrom(1),
  batches: flag,
  signal: abortSignal,
}

const DEFAULTS = {
  maxQueueRecords: 1000,
  maxQueueBytes: 8 * 1024 * 1024,
  batches: false,
} as const satisfies Partial<DistributedResultCollectorOptions>

/**
 * A Readable of the records of `numSources` sources, each of which writes to its own stream in {@link resultQueues}.
 *
 * Order: that of each source is kept. Sources that have something waiting take turns, chunk by chunk. Memory: for each
 * source `maxQueueRecords` and `maxQueueBytes`, or one chunk that is larger, and two chunks in front of the queue whose
 * callbacks are held back; nothing is read ahead.
 *
 * With `batches`, arrays pass with all that is known about them, and a record that came alone is an array of one.
 * Without, nothing of it passes but markers.
 *
 * It ends when all sources have ended. When a source fails, or is destroyed before its end, what it had written is
 * delivered, the others go on to their end, and then the collector is destroyed with `ERR_SPILLWAY_SOURCE`. Destroying
 * the collector destroys the sources that have not ended, with `ERR_SPILLWAY_CLOSED`, and drops what is queued. An
 * AbortError is handed on as it is, either way.
 *
 * Events, beside those of a Readable: `sourceFailed`, at once, with the error that names the source. A listener may
 * destroy the collector, to stop early.
 *
 * @example
 * const collector = new DistributedResultCollector({ workflowId: 'search', numSources: workers.length })
 * await Promise.all([
 *   ...workers.map((worker, index) => pipeline(worker.results, collector.resultQueues.get(index)!)),
 *   pipeline(collector, streamer),
 * ])
 */
export class DistributedResultCollector extends Readable {
  /** The Writable of each source, by its number from 0. They take records and batches. */
  readonly resultQueues: ReadonlyMap<number, Writable>
  readonly #workflowId: string
  readonly #sources: readonly SourceQueue[]
  readonly #failures: SourceFailures
  /** Sources that have something waiting, in the order of their turns. */
  readonly #ready: SourceQueue[] = []
  /** The source whose chunk is being delivered; it is not among those ready. */
  #turn: SourceQueue | undefined
  #open: number
  /** The reader asked for more and got nothing yet. */
  #wanted = false
  #delivering = false

  /** @throws {SpillwayError} `ERR_SPILLWAY_OPTION` */
  constructor(given: DistributedResultCollectorOptions) {
    const options = resolveOptions('DistributedResultCollector', given, checks, DEFAULTS)
    const { workflowId, numSources, maxQueueRecords, maxQueueBytes, batches, signal } = options
    expectValue('workflowId', workflowId, text)
    expectValue('numSources', numSources, integerFrom(1))
    // With a mark of 0 a `_read` means that the reader has taken all that was pushed. So the stream may be destroyed
    // there without losing any of it, and records wait in the queues only.
    super({ objectMode: true, highWaterMark: 0 })
    this.#workflowId = workflowId
    this.#failures = new SourceFailures(workflowId)
    this.#open = numSources
    const hooks = {
      onFilled: (source: SourceQueue) => {
        this.#ready.push(source)
        this.#deliver()
      },
      onEnded: () => this.#settle(),
      onFailed: (source: SourceQueue, error: Error | null) => this.#noteFailure(source, error),
    }
    const bounds = { maxRecords: maxQueueRecords, maxBytes: maxQueueBytes, batches }
    this.#sources = Array.from({ length: numSources }, (_, index) => new SourceQueue(index, bounds, hooks))
    this.resultQueues = new Map(this.#sources.entries())
    // Last, as a signal that is aborted already destroys the stream at once.
    if (signal) addAbortSignal(signal, this)
  }

  /** Where it is; see {@link DistributedResultCollectorStats}. */
  get stats(): DistributedResultCollectorStats {
    const sources = this.#sources.map(({ stats }) => stats)
    const sum = (count: (source: SourceStats) => number) => sources.reduce((total, each) => total + count(each), 0)
    return {
      sources,
      accepted: sum(({ accepted }) => accepted),
      delivered: sum(({ delivered }) => delivered),
      queued: sum(({ queued }) => queued),
      queuedBytes: sum(({ queuedBytes }) => queuedBytes),
      open: sum(({ state }) => (state === 'open' ? 1 : 0)),
      failed: sum(({ state }) => (state === 'failed' ? 1 : 0)),
    }
  }

  /** @internal */
  override _read(): void {
    this.#wanted = true
    // Pushed from within `_read`, a record for a reader that takes what comes would be queued all the same, and leave a
    // tick behind that runs only once no record is left: those ticks took more time and memory than the records.
    if (this.readableFlowing === true) process.nextTick(() => this.#deliver())
    else this.#deliver()
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    const reason = error !== null && isAbortError(error) ? error : closedError(this.#workflowId, error)
    for (const source of this.#sources) source.close(reason)
    callback(error)
  }

  /** Hands on what is there as long as more is wanted; ends when nothing can come. */
  #deliver(): void {
    if (this.#delivering) return
    this.#delivering = true
    try {
      while (this.#wanted && !this.destroyed && this.#deliverNext());
    } finally {
      this.#delivering = false
    }
  }

  /** Hands on the next item; false when there is none. */
  #deliverNext(): boolean {
    const source = (this.#turn ??= this.#ready.shift())
    if (source === undefined) {
      if (this.#open === 0) this.#finish()
      return false
    }
    this.#wanted = false
    const item = source.take()
    if (!source.isMidChunk) {
      this.#turn = undefined
      if (!source.isEmpty) this.#ready.push(source)
    }
    this.push(item)
    // Who takes what comes has taken it.
    if (this.readableFlowing === true && this.readableLength === 0) this.#wanted = true
    source.resume()
    return true
  }

  #noteFailure({ index }: SourceQueue, cause: Error | null): void {
    const error = this.#failures.add(index, cause)
    // A step later: what a listener throws must not be taken for a failure of the source.
    process.nextTick(() => {
      this.emit('sourceFailed', error)
      this.#settle()
    })
  }

  #settle(): void {
    this.#open -= 1
    this.#deliver()
  }

  #finish(): void {
    const failure = this.#failures.summarize()
    if (failure === undefined) this.push(null)
    else this.destroy(failure)
  }
}

function closedError(workflowId: string, cause: Error | null): SpillwayError {
  const why = cause === null ? 'was closed' : `failed (${messageOf(cause)})`
  return new SpillwayError(
    'ERR_SPILLWAY_CLOSED',
    `The collector of workflow ${JSON.stringify(workflowId)} ${why}, so nobody reads this source any more. Stop writing.`,
    cause === null ? {} : { cause },
  )
}
