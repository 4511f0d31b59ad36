/**
 * Real-time streaming of a workflow's results to disk: one Writable that takes the records of all phases, and gives
 * each phase a stream graph of its own: buffer, aggregation tee, sink.
 */
import type { Writable } from 'node:stream'
import { destroyOnAbort } from './core/interruptible.ts'
import type { AggregateSummary } from '../transforms/aggregate/summary-types.ts'
import { joinRecords, markerBatch, recordsOf } from './core/batch.ts'
import { Drained } from './core/deferred.ts'
import { SpillwayError } from './core/errors.ts'
import { Marker } from './core/marker.ts'
import { anyText, expectValue, oneOf, plainObject } from './core/options.ts'
import { QueueKeepingWritable, queueOf } from './core/queue-keeping-writable.ts'
import { settleCallback, type Callback } from './core/settle-callback.ts'
import type { Ack } from './streaming/acknowledgements.ts'
import type { AggregatedResults } from './streaming/aggregated-results.ts'
import {
  resolveResultStreamerOptions,
  type ResolvedResultStreamerOptions,
  type ResultStreamerOptions,
} from './streaming/options.ts'
import { ResultGraphs } from './streaming/result-graphs.ts'
import type { StreamerStats } from './streaming/stats.ts'

const QUEUED: Promise<void> = Promise.resolve()

const ackCheck = oneOf(['queued', 'written', 'durable'])

/** The stream graphs behind a streamer, for the journal of a run. Users do not see them. */
export let graphsOf: (streamer: ResultStreamer) => ResultGraphs

/**
 * A Writable of records (or batches) of any phases, that writes each phase's records into files of its own and
 * aggregates them as they pass. A record goes to the phase its `phase` field names, or to `default`.
 *
 * Order: the records of one phase enter its files in the order written. Memory: for each phase its buffer
 * (`bufferSize`, `maxBytes`), about as much again in its stages, the sink's chunk or row group, and one aggregate for
 * each of up to `maxContainers` containers; never more for more records.
 *
 * What was accepted is not lost when a source fails or a signal aborts: it is saved before `close` comes, which
 * {@link close} waits for. Records that cannot be written go to `dead-letter.jsonl`, with the reason. A full disk and
 * other failures of the system end the stream with `ERR_SPILLWAY_IO`.
 *
 * Events, beside those of a Writable: `partOpened` and `partClosed`, with the part file and its phase.
 *
 * @example
 * const streamer = new ResultStreamer({ workflowId: 'search', outputDir: './results/search', format: 'parquet' })
 * await pipeline(results, streamer)
 * console.log((await streamer.getAggregatedResults()).topPerformers)
 */
export class ResultStreamer extends QueueKeepingWritable {
  readonly #options: ResolvedResultStreamerOptions
  readonly #graphs: ResultGraphs
  readonly #drained = new Drained()
  /** Chunks that have left the queue of the stream, and are accepted one after the other. */
  readonly #leaving: unknown[] = []
  #accepting: Promise<void> = Promise.resolve()

  /** @throws {SpillwayError} `ERR_SPILLWAY_OPTION` */
  constructor(given: ResultStreamerOptions) {
    const options = resolveResultStreamerOptions(given)
    super({ objectMode: true, highWaterMark: 16 })
    this.#options = options
    this.#graphs = new ResultGraphs(options, {
      onFailure: (error) => this.destroy(error),
      onPartOpened: (part) => this.emit('partOpened', part),
      onPartClosed: (part) => this.emit('partClosed', part),
      sendMarker: (marker) => {
        if (this.writableEnded || this.destroyed) void this.#graphs.fanOut(marker)
        else this.write(markerBatch(marker))
      },
    })
    this.on('drain', this.#drained.resolve)
    // Last, as a signal that is aborted already destroys the stream at once.
    destroyOnAbort(this, options.signal)
  }

  /** Identifies the run. */
  get workflowId(): string {
    return this.#options.workflowId
  }

  /** Records written so far: `stats.written`. Those that were rejected, or are on their way, do not count. */
  get writeCount(): number {
    return this.stats.written
  }

  /** Batches that have left the buffers so far. */
  get flushCount(): number {
    return this.stats.flushes
  }

  /** The aggregates of the records written so far, without waiting for those on their way. */
  get metrics(): AggregateSummary {
    return this.#graphs.metrics
  }

  /** Counts so far. */
  get stats(): StreamerStats {
    return this.#graphs.stats(this.#queuedRecords)
  }

  /**
   * Writes one record.
   *
   * @param record - a plain object; the toolkit keeps it until it is written
   * @param options - how far to wait
   * @param options.ack - how far to wait. `queued`: until the stream takes more. `written`: until the record is in
   *   its file. `durable`: until it is on the disk (fdatasync). The last two empty the buffer early.
   * @throws {SpillwayError} `ERR_SPILLWAY_CLOSED` after the end; `ERR_SPILLWAY_VALUE` when the record was rejected
   *   and more than `queued` was asked for; the error of the stream
   */
  writeResult(record: object, options?: { readonly ack?: Ack }): Promise<void> {
    // Not an async function: a promise of its own for each record would cost more than the rest of the call.
    try {
      if (options !== undefined) expectValue('options', options, plainObject)
      const { ack = 'queued' } = options ?? {}
      if (ack !== 'queued') expectValue('ack', ack, ackCheck)
      this.#expectOpen()
      if (ack !== 'queued') this.#graphs.expect(record)
      // A stream takes no null; within a batch it is routed and rejected like other values that are not records.
      const isFree = this.write((record as unknown) === null ? [record] : record)
      if (ack !== 'queued') return this.#graphs.acknowledge(record, ack)
      return isFree ? QUEUED : this.#drained.wait()
    } catch (thrown) {
      const error = thrown as Error
      return Promise.reject(error)
    }
  }

  /**
   * A Writable for the records of one phase, without routing. Ending it ends the phase and completes
   * its files; records that come for the phase later are rejected.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_NAME`, `ERR_SPILLWAY_OPTION` beyond `maxPhases`, `ERR_SPILLWAY_CLOSED`
   */
  forPhase(name: string): Writable {
    this.#expectOpen()
    expectValue('name', name, anyText)
    return this.#graphs.router.openGraph(name).inlet
  }

  /** Makes every record written so far readable in its file. A Parquet row group ends here: do not call it often. */
  async flush(): Promise<void> {
    if (this.writableEnded) return this.close()
    this.#expectOpen()
    const marker = new Marker('written')
    this.write(markerBatch(marker))
    await marker.receipt
  }

  /**
   * The aggregates of all records written so far. While the stream is open this implies {@link flush}; poll `metrics`
   * or `stats` to watch a run. After a failure it gives those of the records that were written before it.
   */
  async getAggregatedResults(): Promise<AggregatedResults> {
    if (!this.destroyed) await this.flush()
    return this.#graphs.aggregatedResults(this.#queuedRecords)
  }

  /** @internal */
  override _construct(callback: Callback): void {
    settleCallback(this.#graphs.prepare(), callback)
  }

  /** @internal */
  override _write(chunk: unknown, _encoding: BufferEncoding, callback: Callback): void {
    settleCallback(this.#graphs.accept(chunk), callback)
  }

  /**
   * The queue at once, each phase's records as one batch. It is accepted a step later: until this returns, a destroy would
   * find the same chunks in the queue and save them a second time.
   */
  override _writev(chunks: readonly { chunk: unknown }[], callback: Callback): void {
    this.#leaving.push(...joinRecords(chunks.map(({ chunk }) => chunk)))
    this.#accepting = Promise.resolve().then(() => this.#graphs.acceptAll(this.#leaving))
    settleCallback(this.#accepting, callback)
  }

  /** @internal */
  override _final(callback: Callback): void {
    settleCallback(this.#graphs.complete(), callback)
  }

  /** @internal */
  override _destroy(error: Error | null, callback: Callback): void {
    this.#leaving.push(...queueOf(this).splice(0))
    settleCallback(this.#graphs.save(this.#accepting, this.#leaving), (failure) => {
      this.#drained.reject(error ?? failure ?? this.#closedError())
      callback(error ?? failure)
    })
  }

  /** Records that the graphs have not accepted yet. */
  get #queuedRecords(): number {
    const chunks = [...this.#leaving, ...queueOf(this)]
    return chunks.reduce<number>((sum, chunk) => sum + recordsOf(chunk).length, 0)
  }

  #expectOpen(): void {
    if (this.writableEnded || this.destroyed) throw this.#closedError()
  }

  #closedError(): Error {
    if (this.errored !== null) return this.errored
    return new SpillwayError(
      'ERR_SPILLWAY_CLOSED',
      'The ResultStreamer has ended. Write before close(), or make another.',
    )
  }

  static {
    graphsOf = (streamer) => streamer.#graphs
  }
}
