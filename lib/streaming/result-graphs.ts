/**
 * The stream graphs of all phases of a streamer, with its directory, its dead letters and its acknowledgements. No stream
 * in here: ResultStreamer is the Writable in front of it.
 */
import { DeadLetterFile } from '../../sinks/dead-letter-file.ts'
import { openFileTarget } from '../../sinks/files/file-target.ts'
import { Aggregates } from '../../transforms/aggregate/aggregates.ts'
import { summarizeWorkflow } from '../../transforms/aggregate/summaries.ts'
import type { AggregateSummary } from '../../transforms/aggregate/summary-types.ts'
import { notesOf } from '../core/batch.ts'
import type { Marker } from '../core/marker.ts'
import type { ResultRecord } from '../core/record.ts'
import type { Rejection } from '../core/rejection.ts'
import { Acknowledgements, type Ack } from './acknowledgements.ts'
import { aggregatedResults, storedAggregates, type AggregatedResults } from './aggregated-results.ts'
import { fanOut } from './marker-fan-out.ts'
import type { ResolvedResultStreamerOptions } from './options.ts'
import type { PhaseHooks } from './phase-graph.ts'
import { ResultsDirectory } from './results-directory.ts'
import { PhaseRouter } from './router.ts'
import { addCounts, NO_COUNTS, type StreamerStats } from './stats.ts'

/** What the graphs need of the stream in front of them. */
interface ResultGraphsHooks extends Omit<PhaseHooks, 'onReject'> {
  /** Sends a marker behind the records written so far. */
  readonly sendMarker: (marker: Marker) => void
}

/** The stream graphs of a streamer. */
export class ResultGraphs {
  readonly router: PhaseRouter
  readonly #options: ResolvedResultStreamerOptions
  readonly #directory: ResultsDirectory
  readonly #deadLetters: DeadLetterFile
  readonly #acknowledgements: Acknowledgements
  #state: 'new' | 'prepared' | 'complete' = 'new'

  constructor(options: ResolvedResultStreamerOptions, { sendMarker, ...hooks }: ResultGraphsHooks) {
    const { onExisting = 'error', openTarget = openFileTarget } = options.sink
    this.#options = options
    this.#directory = new ResultsDirectory(options.outputDir)
    this.#deadLetters = new DeadLetterFile(this.#directory.deadLetterPath, onExisting, openTarget, options.workflowId)
    this.router = new PhaseRouter(options, this.#directory, {
      ...hooks,
      onReject: (rejection) => this.#reject(rejection),
    })
    this.#acknowledgements = new Acknowledgements({
      delayMs: options.ackDelayMs,
      deadLetterPath: this.#deadLetters.path,
      send: sendMarker,
    })
  }

  /** The aggregates of the records written so far. */
  get metrics(): AggregateSummary {
    const { states } = this.router
    return summarizeWorkflow(states.length === 0 ? [new Aggregates(this.#options.tee)] : states)
  }

  /** @param queued - records that wait in front of the graphs */
  stats(queued: number): StreamerStats {
    const phases = this.router.counts
    const { rejected } = this.router
    const elsewhere = { ...NO_COUNTS, recordsIn: rejected + queued, rejected, inFlight: queued }
    return { ...[...phases.values()].reduce(addCounts, elsewhere), phases, ignored: this.#options.ignored }
  }

  /** The aggregates with their counts. */
  aggregatedResults(queued: number): AggregatedResults {
    const stats = this.stats(queued)
    return aggregatedResults(storedAggregates(this.#options.workflowId, this.metrics, stats), stats)
  }

  /** Makes the directory ready. @throws {SpillwayError} `ERR_SPILLWAY_EXISTS`, `ERR_SPILLWAY_IO` */
  async prepare(): Promise<void> {
    await this.#directory.prepare(this.#options.sink.onExisting ?? 'error')
    await this.#deadLetters.prepare()
    this.#state = 'prepared'
  }

  /** Takes a record, a batch or a marker. A promise it returns must be awaited before the next: that is the backpressure. */
  accept(chunk: unknown): Promise<void> | undefined {
    const { marker } = notesOf(chunk)
    return marker === undefined ? this.router.accept(chunk) : this.fanOut(marker)
  }

  /** Accepts chunks one after the other, and removes each from the array when it is accepted. */
  async acceptAll(chunks: unknown[]): Promise<void> {
    while (chunks.length > 0) await this.accept(chunks.shift())
  }

  /** Sends a marker to its phase, or to all phases, and answers it when their sinks have answered. */
  fanOut(marker: Marker): Promise<void> | undefined {
    return fanOut(marker, this.router.graphs, () => this.#deadLetters.flush(marker.level === 'durable'))
  }

  /** Remembers a record that is about to be written, whose acknowledgement will be awaited. */
  expect(record: object): void {
    this.#acknowledgements.expect(record)
  }

  /** Resolves when a record that was written has reached `ack`; see {@link Acknowledgements.wait}. */
  acknowledge(record: object, ack: Exclude<Ack, 'queued'>): Promise<void> {
    return this.#acknowledgements.wait(record, this.router.nameOf(record as ResultRecord), ack)
  }

  /** Makes the rejections so far durable. */
  syncRejections(): Promise<void> {
    return this.#deadLetters.flush(true)
  }

  /** Completes all files and writes the aggregates. */
  async complete(): Promise<void> {
    this.#acknowledgements.sendAll()
    await this.router.end()
    await this.#deadLetters.close()
    const { workflowId } = this.#options
    await this.#directory.writeAggregates(storedAggregates(workflowId, this.metrics, this.stats(0)))
    this.#state = 'complete'
  }

  /**
   * Accepts what a destroyed stream had accepted, and completes all files, unless that is done or never began.
   *
   * @param accepting - settles when the chunks before `chunks` are accepted
   */
  async save(accepting: Promise<void>, chunks: unknown[]): Promise<void> {
    if (this.#state !== 'prepared') return
    try {
      await accepting
      await this.acceptAll(chunks)
    } finally {
      await this.complete()
    }
  }

  async #reject(rejection: Rejection): Promise<void> {
    this.#acknowledgements.noteRejection(rejection)
    await this.#deadLetters.add(rejection)
  }
}
