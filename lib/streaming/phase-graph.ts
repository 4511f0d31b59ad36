/**
 * The stream graph of one phase: buffer, aggregation tee and sink, and the chain that joins them.
 */
import type { Writable } from 'node:stream'
import type { ClosedPart, OpenedPart } from '../../sinks/part.ts'
import { RecordSink } from '../../sinks/record-sink.ts'
import { AggregationTee } from '../../transforms/aggregation-tee.ts'
import { Aggregates } from '../../transforms/aggregate/aggregates.ts'
import { BufferingTransform } from '../../transforms/buffering-transform.ts'
import type { Receipt } from '../core/batch.ts'
import type { RejectionHandler } from '../core/rejection.ts'
import { PhaseChain } from './phase-chain.ts'
import { PhaseInlet } from './phase-inlet.ts'
import type { ResolvedResultStreamerOptions } from './options.ts'
import { CheckpointMarker, type CheckpointTally, type PhaseTally } from './checkpoint-marker.ts'
import { addCounts, NO_COUNTS, type StreamerCounts } from './stats.ts'

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
  readonly #tee: AggregationTee | null
  /** Of the records before the last checkpoint; those behind it are in the tee. */
  readonly #aggregates: Aggregates
  readonly #sink: RecordSink
  readonly #hooks: PhaseHooks
  readonly #earlier: StreamerCounts
  #deduplicated = 0
  #lastPart: Receipt = { path: null, offsetBytes: 0, rows: 0 }
  #inlet: PhaseInlet | undefined

  /**
   * @param directory - where the parts go
   * @param earlier - what was written of the phase before, and is in closed parts
   */
  constructor(
    phase: string,
    directory: string,
    options: ResolvedResultStreamerOptions,
    hooks: PhaseHooks,
    earlier: PhaseTally | undefined,
  ) {
    const { buffer, tee, sink } = options
    this.#buffer = new BufferingTransform({ ...buffer, highWaterMark: 1 })
    // Only what the sink has written counts, so that the aggregates are those of the files.
    this.#tee = options.aggregation ? new AggregationTee({ ...tee, phase, countWhen: 'written' }) : null
    this.#aggregates = new Aggregates({ ...tee, phase })
    if (earlier !== undefined) this.#aggregates.merge(earlier.aggregates)
    this.#earlier = earlier?.counts ?? NO_COUNTS
    this.#sink = new RecordSink({
      ...sink,
      directory,
      metadata: { 'spillway.workflow': options.workflowId, 'spillway.phase': phase, ...sink.metadata },
      onReject: (rejection) => hooks.onReject({ ...rejection, phase }),
      // A mark counts a batch as one: about a thousand records wait before the sink.
      highWaterMark: Math.max(1, Math.ceil(1000 / buffer.bufferSize)),
    })
    this.chain = new PhaseChain(phase, [this.#buffer, ...(this.#tee ? [this.#tee] : []), this.#sink])
    this.chain.done.catch(hooks.onFailure)
    this.#sink.on('partOpened', (part: OpenedPart) => hooks.onPartOpened({ ...part, phase }))
    this.#sink.on('partClosed', (part: ClosedPart) => {
      this.#lastPart = { path: part.path, offsetBytes: part.bytes, rows: part.rows }
      hooks.onPartClosed({ ...part, phase })
    })
    this.#hooks = hooks
  }

  /** The aggregates of the records written, in parts to be merged; empty ones without aggregation. */
  get aggregates(): readonly [Aggregates, ...Aggregates[]] {
    return this.#tee === null ? [this.#aggregates] : [this.#aggregates, this.#tee.state]
  }

  /** A marker that finds what the phase has come to at the place where it stands. */
  makeCheckpoint(mayWait: boolean): CheckpointMarker {
    return new CheckpointMarker(mayWait, (receipt) => this.#tally(receipt))
  }

  /** What the phase has come to, once all its files are complete. */
  takeTally(): CheckpointTally {
    return this.#tally(this.#lastPart)
  }

  /** Counts records that were left out, as an earlier run had written them. */
  noteDeduplicated(records: number): void {
    this.#deduplicated += records
  }

  get counts(): StreamerCounts {
    return addCounts(this.#earlier, this.#ownCounts)
  }

  get #ownCounts(): StreamerCounts {
    const { written, rejected, parts, bytesWritten, nonFinite, surrogates } = this.#sink.stats
    const { flushes, repeated } = this.#buffer.stats
    const accepted = this.chain.records
    const deduplicated = this.#deduplicated
    return {
      recordsIn: accepted + deduplicated,
      written,
      rejected,
      deduplicated,
      inFlight: accepted - written - rejected,
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

  #tally(receipt: Receipt): CheckpointTally {
    const added = this.#tee?.takeState()
    if (added !== undefined) this.#aggregates.merge(added)
    const aggregates = added === undefined ? null : { added, all: this.#aggregates }
    // What is behind the checkpoint is no part of it.
    const { recordsIn, inFlight, ...counts } = this.counts
    return { ...receipt, counts: { ...counts, recordsIn: recordsIn - inFlight, inFlight: 0 }, aggregates }
  }
}
