/**
 * Merges the results of many sources in this process (workers, child streams) into one Readable. The merge is fair, and
 * each source has a bounded queue. So no fast or slow source blocks the others.
 */
import { Readable, type Writable } from 'node:stream'
import { destroyOnAbort } from './core/interruptible.ts'
import { isAbortError, messageOf, SpillwayError } from './core/errors.ts'
import { abortSignal, expectValue, flag, integerFrom, resolveOptions, text, type Checks } from './core/options.ts'
import { SourceFailures } from './collector/source-failures.ts'
import { SourceQueue, type SourceStats } from './collector/source-queue.ts'

/** Options of {@link DistributedResultCollector}. */
export interface DistributedResultCollectorOptions {
  /** Id of the workflow, for messages. */
  readonly workflowId: string
  /** Number of sources. */
  readonly numSources: number
  /** Limit of queued records for each source. @default 1000 */
  readonly maxQueueRecords?: number
  /** Limit of queued bytes for each source, by an estimate of the memory of its records. @default 8388608 (8 MB) */
  readonly maxQueueBytes?: number
  /** Emit arrays (written arrays are emitted unchanged), not single records. @default false */
  readonly batches?: boolean
  /** Destroys the collector and its sources with an AbortError when it aborts. @default none */
  readonly signal?: AbortSignal
}

/** The state and the counts of a collector. */
export interface DistributedResultCollectorStats {
  /** The sources, indexed by their numbers. */
  readonly sources: readonly SourceStats[]
  /** Number of records that were added to the queues of all sources. */
  readonly accepted: number
  /** Number of records that were read. */
  readonly delivered: number
  /** Number of records in the queues of all sources. */
  readonly queued: number
  /** Estimated bytes of the records in the queues of all sources. */
  readonly queuedBytes: number
  /** Number of sources that can still write. */
  readonly open: number
  /** Number of sources that failed. */
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
 * Order: the order of each source is kept. Sources with queued chunks are read in turn, one chunk each.
 *
 * Memory for each source: `maxQueueRecords` and `maxQueueBytes`, or one larger chunk. Two more chunks wait outside the
 * queue, and their callbacks are held back. Nothing is read ahead.
 *
 * With `batches`, arrays are emitted together with their metadata, and a single record becomes an array of one. Without
 * it, metadata is dropped, except that markers are emitted.
 *
 * It ends when all sources have ended. When a source fails, or is destroyed before its end, the records that it wrote
 * before are delivered. The other sources continue to their ends; then the collector is destroyed with
 * `ERR_SPILLWAY_SOURCE`. Destroying the collector drops all queued records, and destroys the sources that have not
 * ended with `ERR_SPILLWAY_CLOSED`. An AbortError is passed on unchanged in both cases.
 *
 * Events, in addition to those of a Readable: `sourceFailed`, as soon as a source fails, with the error that names the
 * source. A listener may destroy the collector to stop early.
 *
 * @example
 * const collector = new DistributedResultCollector({ workflowId: 'search', numSources: workers.length })
 * await Promise.all([
 *   ...workers.map((worker, index) => pipeline(worker.results, collector.resultQueues.get(index)!)),
 *   pipeline(collector, streamer),
 * ])
 */
export class DistributedResultCollector extends Readable {
  /** The Writable of each source, by its number from 0. It accepts records and batches. */
  readonly resultQueues: ReadonlyMap<number, Writable>
  readonly #workflowId: string
  readonly #sources: readonly SourceQueue[]
  readonly #failures: SourceFailures
  /** Sources with queued chunks, in the order in which they will be read. */
  readonly #ready: SourceQueue[] = []
  /** The source whose chunk is being delivered; it is not in `#ready`. */
  #current: SourceQueue | undefined
  #open: number
  /** Whether the reader requests an item and none was pushed since. */
  #requested = false
  #delivering = false

  /** @throws {SpillwayError} `ERR_SPILLWAY_OPTION` for an unknown option or an invalid value */
  constructor(given: DistributedResultCollectorOptions) {
    const options = resolveOptions('DistributedResultCollector', given, checks, DEFAULTS)
    const { workflowId, numSources, maxQueueRecords, maxQueueBytes, batches, signal } = options
    expectValue('workflowId', workflowId, text)
    expectValue('numSources', numSources, integerFrom(1))
    // With a high-water mark of 0, a call of `_read` means that the reader has taken everything pushed. So the stream
    // can be destroyed at that moment without losing a record, and records wait only in the queues.
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
    // This is the last step, because a signal that has aborted before destroys the stream immediately.
    destroyOnAbort(this, signal)
  }

  /** The current state and counts; a new object for each call. */
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
    this.#requested = true
    // A record pushed inside `_read` would be buffered by Node even in flowing mode. Each such push leaves a tick
    // behind that runs only when no record is left. These ticks took more time and memory than the records themselves.
    if (this.readableFlowing === true) process.nextTick(() => this.#deliver())
    else this.#deliver()
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    const reason = error !== null && isAbortError(error) ? error : closedError(this.#workflowId, error)
    for (const source of this.#sources) source.closeWith(reason)
    callback(error)
  }

  /** Pushes queued records while the reader requests more; finishes when all sources are done. */
  #deliver(): void {
    if (this.#delivering) return
    this.#delivering = true
    try {
      while (this.#requested && !this.destroyed && this.#deliverNext());
    } finally {
      this.#delivering = false
    }
  }

  /** Pushes the next item; false when there is none. */
  #deliverNext(): boolean {
    const source = (this.#current ??= this.#ready.shift())
    if (source === undefined) {
      if (this.#open === 0) this.#finish()
      return false
    }
    this.#requested = false
    const item = source.take()
    if (!source.isMidChunk) {
      this.#current = undefined
      if (!source.isEmpty) this.#ready.push(source)
    }
    this.push(item)
    // In flowing mode with an empty buffer, the reader has already received the item.
    if (this.readableFlowing === true && this.readableLength === 0) this.#requested = true
    source.resume()
    return true
  }

  #noteFailure({ index }: SourceQueue, cause: Error | null): void {
    const error = this.#failures.add(index, cause)
    // In a later tick: an error thrown by a listener must not count as a failure of the source.
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
    `The collector of workflow ${JSON.stringify(workflowId)} ${why}, so this source is no longer read. Stop writing.`,
    cause === null ? {} : { cause },
  )
}
