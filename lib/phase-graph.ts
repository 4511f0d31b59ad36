/**
 * The stream graph of one phase: buffer, aggregation tee and sink, and the chain that joins them.
 */
import type { Writable } from 'node:stream'
import type { ClosedPart, OpenedPart } from '../sinks/part.ts'
import { RecordSink } from '../sinks/record-sink.ts'
import { AggregationTee } from '../transforms/aggregation-tee.ts'
import { Aggregates } from '../transforms/aggregate/aggregates.ts'
import { BufferingTransform } from '../transforms/buffering-transform.ts'
import type { RejectionHandler } from './core/rejection.ts'
import { PhaseChain } from './phase-chain.ts'
import { PhaseInlet } from './phase-inlet.ts'
import type { ResolvedResultStreamerOptions } from './result-streamer-options.ts'
import type { StreamerCounts } from './streamer-stats.ts'

/** Whom the phases of a streamer tell what. */
export interface PhaseHooks {
  /** Gets the records that cannot be written. */
  readonly onReject: RejectionHandler
  /** Told when a chain has failed, or was closed before its end. */
  readonly onFailure: (error: Error) => void
  readonly onPartOpened: (part: PhasePart<OpenedPart>) => void
  readonly onPartClosed: (part: PhasePart<ClosedPart>) => void
}

/** A part file, and the phase it belongs to. */
export type PhasePart<Part extends OpenedPart> = Part & { readonly phase: string }

/** One phase: where its records go, and what became of them. */
export class PhaseGraph {
  readonly chain: PhaseChain
  readonly #buffer: BufferingTransform
  readonly #aggregates: Aggregates
  readonly #sink: RecordSink
  readonly #hooks: PhaseHooks
  #inlet: PhaseInlet | undefined

  /**
   * @param directory - where the parts go
   */
  constructor(phase: string, directory: string, options: ResolvedResultStreamerOptions, hooks: PhaseHooks) {
    const { buffer, tee, sink } = options
    this.#buffer = new BufferingTransform({ ...buffer, highWaterMark: 1 })
    // Only what the sink has written counts, so that the aggregates are those of the files.
    const aggregationTee = options.aggregation && new AggregationTee({ ...tee, phase, countWhen: 'written' })
    this.#aggregates = aggregationTee ? aggregationTee.state : new Aggregates({ ...tee, phase })
    this.#sink = new RecordSink({
      ...sink,
      directory,
      metadata: { 'spillway.workflow': options.workflowId, 'spillway.phase': phase, ...sink.metadata },
      onReject: (rejection) => hooks.onReject({ ...rejection, phase }),
      // A mark counts a batch as one: about a thousand records wait before the sink.
      highWaterMark: Math.max(1, Math.ceil(1000 / buffer.bufferSize)),
    })
    this.chain = new PhaseChain(phase, [this.#buffer, ...(aggregationTee ? [aggregationTee] : []), this.#sink])
    this.chain.done.catch(hooks.onFailure)
    this.#sink.on('partOpened', (part: OpenedPart) => hooks.onPartOpened({ ...part, phase }))
    this.#sink.on('partClosed', (part: ClosedPart) => hooks.onPartClosed({ ...part, phase }))
    this.#hooks = hooks
  }

  /** The aggregates of the records written; empty ones without aggregation. */
  get aggregates(): Aggregates {
    return this.#aggregates
  }

  get counts(): StreamerCounts {
    const { written, rejected, parts, bytesWritten, nonFinite, surrogates } = this.#sink.stats
    const { flushes, repeated } = this.#buffer.stats
    const recordsIn = this.chain.records
    return {
      recordsIn,
      written,
      rejected,
      deduplicated: 0,
      inFlight: recordsIn - written - rejected,
      flushes,
      parts,
      bytesWritten,
      nonFinite,
      surrogates,
      repeated,
    }
  }

  /** A Writable in front of the chain; the same one each time. */
  get inlet(): Writable {
    this.#inlet ??= new PhaseInlet(this.chain, this.#hooks.onFailure)
    return this.#inlet
  }
}
