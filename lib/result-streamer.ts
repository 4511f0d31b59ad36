/**
 * Real-time streaming of a workflow's results to disk: one Writable that takes the records of all phases, and gives
 * each phase a stream graph of its own: buffer, aggregation tee, sink.
 */
import { addAbortSignal, Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { DeadLetterFile } from '../sinks/dead-letter-file.ts'
import { openFileTarget } from '../sinks/files/file-target.ts'
import { Aggregates } from '../transforms/aggregate/aggregates.ts'
import { summarizeWorkflow } from '../transforms/aggregate/summaries.ts'
import type { AggregateSummary, PhaseSummary } from '../transforms/aggregate/summary-types.ts'
import { AckDemands, PhaseMarker } from './streaming/acknowledgements.ts'
import { Marker, markerBatch, notesOf, recordsOf, type AckLevel } from './core/batch.ts'
import { makeDeferred, type Deferred } from './core/deferred.ts'
import { SpillwayError } from './core/errors.ts'
import { expectValue, oneOf } from './core/options.ts'
import { isRecord, type ResultRecord } from './core/record.ts'
import type { Rejection } from './core/rejection.ts'
import { queuedChunks } from './core/queued-chunks.ts'
import { settleCallback, type Callback } from './core/settle-callback.ts'
import type { PhaseGraph } from './streaming/phase-graph.ts'
import { PhaseRouter, type EarlierPhases } from './streaming/router.ts'
import {
  resolveResultStreamerOptions,
  type ResolvedResultStreamerOptions,
  type ResultStreamerOptions,
} from './streaming/options.ts'
import { ResultsDirectory } from './streaming/results-directory.ts'
import { addCounts, NO_COUNTS, type StreamerStats } from './streaming/stats.ts'

/** How far `writeResult` waits: in the stream, in the file, on the disk. */
export type Ack = 'queued' | AckLevel

/** What {@link ResultStreamer.getAggregatedResults} returns. */
export interface AggregatedResults extends AggregateSummary {
  /** Id of the run. */
  readonly workflowId: string
  /** Records accepted. */
  readonly writeCount: number
  /** Records sent to the dead letters. */
  readonly rejectedCount: number
  /** Batches that the buffers have handed on to be written. */
  readonly flushCount: number
  /** Bytes of all part files, as they are on disk. */
  readonly bytesWritten: number
}

const QUEUED: Promise<void> = Promise.resolve()
/** Answers a marker for several files. */
const NO_FILE = { path: null, offsetBytes: 0, rows: 0 }

const ackCheck = oneOf(['queued', 'written', 'durable'])

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
export class ResultStreamer extends Writable {
  readonly #options: ResolvedResultStreamerOptions
  readonly #directory: ResultsDirectory
  readonly #deadLetters: DeadLetterFile
  readonly #router: PhaseRouter
  readonly #demands: AckDemands
  /** Records whose acknowledgement somebody waits for, and why those that were rejected were. */
  readonly #refusals = new WeakMap<object, Rejection | null>()
  #drained: Deferred<void> | undefined
  /** What was in the queue when the stream was destroyed. */
  #unwritten: unknown[] = []
  #prepared = false
  #completed = false

  /**
   * @param earlier - for a run that is resumed: what is in its files, by phase
   * @throws {SpillwayError} `ERR_SPILLWAY_OPTION`
   */
  constructor(given: ResultStreamerOptions, earlier: EarlierPhases = new Map()) {
    const options = resolveResultStreamerOptions(given)
    super({ objectMode: true, highWaterMark: 16 })
    const { onExisting = 'error', openTarget = openFileTarget } = options.sink
    this.#options = options
    this.#directory = new ResultsDirectory(options.outputDir)
    this.#deadLetters = new DeadLetterFile(this.#directory.deadLetterPath, onExisting, openTarget)
    this.#router = new PhaseRouter(
      options,
      this.#directory,
      {
        onReject: (rejection) => this.#reject(rejection),
        onFailure: (error) => this.destroy(error),
        onPartOpened: (part) => this.emit('partOpened', part),
        onPartClosed: (part) => this.emit('partClosed', part),
      },
      earlier,
    )
    this.#demands = new AckDemands(options.ackDelayMs, (marker) => {
      if (this.writableEnded || this.destroyed) void this.#acceptMarker(marker)
      else this.write(markerBatch(marker))
    })
    this.on('drain', () => {
      this.#drained?.resolve()
      this.#drained = undefined
    })
    // Last, as a signal that is aborted already destroys the stream at once.
    if (options.signal) addAbortSignal(options.signal, this)
  }

  /** Names the run. */
  get workflowId(): string {
    return this.#options.workflowId
  }

  /** Records accepted so far. */
  get writeCount(): number {
    return this.stats.recordsIn
  }

  /** Batches that the buffers have handed on to be written, so far. */
  get flushCount(): number {
    return this.stats.flushes
  }

  /** The aggregates of the records written so far, without waiting for those on their way. */
  get metrics(): AggregateSummary {
    const sources = this.#router.aggregates
    return summarizeWorkflow(sources.length === 0 ? [new Aggregates(this.#options.tee)] : sources)
  }

  /** The aggregates of one phase's records written so far; undefined for a phase there is none of. */
  aggregatesOf(phase: string): PhaseSummary | undefined {
    return this.#router.aggregatesOf(phase)
  }

  /** The stream graph of a phase that was opened. */
  graphOf(phase: string): PhaseGraph {
    return this.#router.opened(phase)
  }

  /** Makes the rejections so far durable. */
  async syncRejections(): Promise<void> {
    await this.#deadLetters.flush(true)
  }

  /** Counts so far. */
  get stats(): StreamerStats {
    const phases = this.#router.counts
    const queued = queuedChunks(this).reduce<number>((sum, chunk) => sum + recordsOf(chunk).length, 0)
    const { rejected } = this.#router
    const elsewhere = { ...NO_COUNTS, recordsIn: rejected + queued, rejected, inFlight: queued }
    return { ...[...phases.values()].reduce(addCounts, elsewhere), phases, ignored: this.#options.ignored }
  }

  /**
   * Writes one record.
   *
   * @param record - a plain object; the toolkit keeps it until it is written
   * @param options - how far to wait
   * @param options.ack - how far to wait. `queued`: until the stream takes more. `written`: until the record is in
   *   its file. `durable`: until it is on the disk (fdatasync). Both of the latter hurry the buffer.
   * @throws {SpillwayError} `ERR_SPILLWAY_CLOSED` after the end; `ERR_SPILLWAY_VALUE` when the record was rejected
   *   and more than `queued` was asked for; whatever failed the stream
   */
  writeResult(record: ResultRecord, { ack = 'queued' }: { readonly ack?: Ack } = {}): Promise<void> {
    // Not an async function: a promise of its own for each record would cost more than the rest of the call.
    try {
      expectValue('ack', ack, ackCheck)
      this.#expectOpen()
      if (ack !== 'queued' && isRecord(record)) this.#refusals.set(record, null)
      const goOn = this.write(record)
      if (ack !== 'queued') return this.#acknowledge(record, ack)
      return goOn ? QUEUED : (this.#drained ??= makeDeferred()).promise
    } catch (thrown) {
      const error = thrown as Error
      return Promise.reject(error)
    }
  }

  /**
   * The way into one phase without routing, for sources that know their phase. Ending it ends the phase and completes
   * its files; records that come for the phase later are rejected.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_NAME`, `ERR_SPILLWAY_OPTION` beyond `maxPhases`, `ERR_SPILLWAY_CLOSED`
   */
  forPhase(name: string): Writable {
    this.#expectOpen()
    return this.#router.graphOf(name).inlet
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
    return this.#aggregatedResults()
  }

  /** Ends the stream and waits until every file is complete and released. Rejects with what failed the stream. */
  async close(): Promise<void> {
    if (!this.writableEnded && !this.destroyed) this.end()
    await finished(this)
  }

  /** Calls {@link close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** @internal */
  override _construct(callback: Callback): void {
    settleCallback(this.#prepare(), callback)
  }

  /** @internal */
  override _write(chunk: unknown, _encoding: BufferEncoding, callback: Callback): void {
    settleCallback(this.#accept(chunk), callback)
  }

  /** @internal */
  override _final(callback: Callback): void {
    settleCallback(this.#complete(), callback)
  }

  override destroy(error?: Error): this {
    if (!this.destroyed) this.#unwritten = queuedChunks(this)
    return super.destroy(error)
  }

  /** @internal */
  override _destroy(error: Error | null, callback: Callback): void {
    settleCallback(this.#save(), (failure) => {
      this.#drained?.reject(error ?? failure ?? this.#closedError())
      callback(error ?? failure)
    })
  }

  async #prepare(): Promise<void> {
    await this.#directory.prepare(this.#options.sink.onExisting ?? 'error')
    await this.#deadLetters.prepare()
    this.#prepared = true
  }

  #accept(chunk: unknown): Promise<void> | undefined {
    const { marker } = notesOf(chunk)
    return marker === undefined ? this.#router.accept(chunk) : this.#acceptMarker(marker)
  }

  /** Sends a marker to its phase, or to all phases, and settles it when their sinks have answered. */
  #acceptMarker(marker: Marker): Promise<void> | undefined {
    const waits: Promise<void>[] = []
    const receipts: Promise<unknown>[] = []
    for (const [phase, { chain }] of this.#router.graphs) {
      if (marker instanceof PhaseMarker && marker.phase !== phase) continue
      if (chain.ended) {
        receipts.push(chain.done)
        continue
      }
      const phaseMarker = new Marker(marker.level)
      receipts.push(phaseMarker.receipt)
      const wait = chain.mark(phaseMarker)
      if (wait !== undefined) waits.push(wait)
    }
    Promise.all(receipts)
      .then(() => this.#deadLetters.flush(marker.level === 'durable'))
      .then(
        () => {
          marker.settle(NO_FILE)
        },
        (error: unknown) => {
          marker.fail(error)
        },
      )
    return waits.length === 0 ? undefined : Promise.all(waits).then(() => {})
  }

  async #acknowledge(record: ResultRecord, level: AckLevel): Promise<void> {
    await this.#demands.demand(this.#router.nameOf(record), level)
    const refusal = this.#refusals.get(record)
    if (refusal !== undefined && refusal !== null) throw refusalError(refusal, this.#deadLetters.path)
  }

  async #reject(rejection: Rejection): Promise<void> {
    const { record } = rejection
    if (isRecord(record) && this.#refusals.has(record)) this.#refusals.set(record, rejection)
    await this.#deadLetters.add(rejection)
  }

  async #complete(): Promise<void> {
    this.#demands.sendAll()
    await this.#router.end()
    await this.#deadLetters.close()
    await this.#directory.writeAggregates(this.#aggregatedResults())
    this.#completed = true
  }

  /** Saves what was accepted and completes all files, unless that is done or never began. */
  async #save(): Promise<void> {
    const unwritten = this.#unwritten
    this.#unwritten = []
    if (this.#completed || !this.#prepared) return
    try {
      for (const chunk of unwritten) await this.#accept(chunk)
    } finally {
      await this.#complete()
    }
  }

  #aggregatedResults(): AggregatedResults {
    const { recordsIn, rejected, flushes, bytesWritten } = this.stats
    return {
      workflowId: this.workflowId,
      ...this.metrics,
      writeCount: recordsIn,
      rejectedCount: rejected,
      flushCount: flushes,
      bytesWritten,
    }
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
}

function refusalError({ field, phase, reason }: Rejection, path: string): SpillwayError {
  const place = { ...(phase !== undefined && { phase }), ...(field !== undefined && { field }) }
  const where = field === undefined ? '' : `, field ${field}`
  return new SpillwayError('ERR_SPILLWAY_VALUE', `The record was rejected${where}: ${reason}. It is kept in ${path}.`, {
    place,
  })
}
