/**
 * The stream graph of one phase: buffer, aggregation tee and sink, and the chain that joins them.
 */
import type { ClosedPart, OpenedPart } from '../../sinks/part.ts'
import { RecordSink } from '../../sinks/record-sink.ts'
import { AggregationTee } from '../../transforms/aggregation-tee.ts'
import { Aggregates } from '../../transforms/aggregate/aggregates.ts'
import { BufferingTransform, inputOf } from '../../transforms/buffering-transform.ts'
import { makeDeferred } from '../core/deferred.ts'
import { makeMarker, type OpenRows, type Receipt } from '../core/marker.ts'
import type { ResultRecord } from '../core/record.ts'
import type { RejectionHandler } from '../core/rejection.ts'
import { PhaseChain } from './phase-chain.ts'
import { PhaseInlet } from './phase-inlet.ts'
import type { ResolvedResultStreamerOptions } from './options.ts'
import type { Checkpoint, EarlierPhase } from './checkpoint.ts'
import { addCounts, NO_COUNTS, type StreamerCounts } from './stats.ts'

/** What the phases of a streamer report. */
export interface PhaseHooks {
  /** Receives the records that cannot be written. */
  readonly onReject: RejectionHandler
  /** Called when a chain has failed, or was closed before its end. */
  readonly onFailure: (error: Error) => void
  readonly onPartOpened: (part: PhasePart<OpenedPart>) => void
  readonly onPartClosed: (part: PhasePart<ClosedPart>) => void
}

/** A part file, and the phase it belongs to. */
export type PhasePart<Part extends OpenedPart> = Part & { readonly phase: string }

/** One phase: the stages its records pass, and their counts and aggregates. */
export class PhaseGraph {
  readonly chain: PhaseChain
  readonly #buffer: BufferingTransform
  readonly #tee: AggregationTee | null
  /** The aggregates of records before the last checkpoint; those of later ones are in the tee. */
  readonly #state: Aggregates
  readonly #sink: RecordSink
  readonly #hooks: PhaseHooks
  readonly #earlier: StreamerCounts
  #deduplicated = 0
  #lastPart: Receipt = { path: null, offsetBytes: 0, rows: 0 }
  #inlet: PhaseInlet | undefined

  /**
   * @param places - of the parts, and of the records of a row group that is too small to be written (`openRows`; undefined:
   *   a marker ends the row group)
   * @param earlier - what closed parts of an earlier run hold
   */
  constructor(
    phase: string,
    places: { readonly parts: string; readonly openRows: string | undefined },
    options: ResolvedResultStreamerOptions,
    hooks: PhaseHooks,
    earlier: EarlierPhase | undefined,
  ) {
    const { buffer, tee, sink } = options
    this.#buffer = new BufferingTransform({ ...buffer, highWaterMark: 1 })
    // The tee counts what the sink has written, so that the aggregates are those of the files.
    this.#tee = options.aggregation ? new AggregationTee({ ...tee, phase, countWhen: 'written' }) : null
    this.#state = new Aggregates({ ...tee, phase })
    if (earlier !== undefined) this.#state.merge(earlier.state)
    this.#earlier = earlier?.counts ?? NO_COUNTS
    const { workflowId } = options
    this.#sink = new RecordSink(
      {
        ...sink,
        directory: places.parts,
        metadata: { 'spillway.workflow': workflowId, 'spillway.phase': phase, ...sink.metadata },
        onReject: (rejection) => {
          const container = containerOf(rejection.record, options.fields.container)
          return hooks.onReject({ ...rejection, phase, ...(container !== undefined && { container }) })
        },
        // A mark counts a batch as one: about a thousand records wait before the sink.
        highWaterMark: Math.max(1, Math.ceil(1000 / buffer.bufferSize)),
      },
      { workflowId, phase },
      places.openRows,
    )
    // The sink publishes it, with the file.
    inputOf(this.#buffer).onRepeated = () => {}
    this.chain = new PhaseChain(phase, this.#buffer, [...(this.#tee ? [this.#tee] : []), this.#sink])
    this.chain.done.catch(hooks.onFailure)
    this.#sink.on('partOpened', (part: OpenedPart) => hooks.onPartOpened({ ...part, phase }))
    this.#sink.on('partClosed', (part: ClosedPart) => {
      this.#lastPart = { path: part.path, offsetBytes: part.bytes, rows: part.rows }
      hooks.onPartClosed({ ...part, phase })
    })
    this.#hooks = hooks
  }

  /** The aggregates of the records written, as states to be merged; empty without aggregation. */
  get states(): readonly [Aggregates, ...Aggregates[]] {
    return this.#tee === null ? [this.#state] : [this.#state, this.#tee.state]
  }

  /**
   * Makes everything accepted so far durable, in one pass: the marker is sent behind it before this returns, the counts
   * and aggregates are taken where the marker passes the sink.
   *
   * @param onPass - called where the marker passes the sink, before anything behind it is passed to the file
   * @throws the failure of the stream graph
   */
  async checkpoint<Value>(onPass: (checkpoint: Checkpoint) => Value): Promise<Value> {
    const passed = makeDeferred<Value>()
    const marker = makeMarker('durable', {
      onPass: (receipt, openRows) => {
        passed.resolve(onPass(this.#checkpointAt(receipt, openRows)))
      },
    })
    void this.chain.mark(marker)
    await marker.receipt
    return passed.promise
  }

  /** The checkpoint behind the last record, once all files of the phase are complete. */
  finalCheckpoint(): Checkpoint {
    return this.#checkpointAt(this.#lastPart, null)
  }

  /** Counts records that were dropped because an earlier run has written them. */
  noteDeduplicated(records: number): void {
    this.#deduplicated += records
  }

  get counts(): StreamerCounts {
    return addCounts(this.#earlier, this.#ownCounts)
  }

  get #ownCounts(): StreamerCounts {
    const { written, rejected, parts, bytesWritten, nonFinite, surrogates, repeated } = this.#sink.stats
    const { flushes } = this.#buffer.stats
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
  get inlet(): PhaseInlet {
    this.#inlet ??= new PhaseInlet(this.chain, this.#hooks.onFailure)
    return this.#inlet
  }

  #checkpointAt(receipt: Receipt, openRows: OpenRows | null): Checkpoint {
    const added = this.#tee?.takeState()
    if (added !== undefined) this.#state.merge(added)
    const states = added === undefined ? null : { added, all: this.#state }
    const { recordsIn, written, bytesWritten, inFlight, ...counts } = this.counts
    const { rows, bytes } = openRows ?? { rows: 0, bytes: 0 }
    // Records behind the checkpoint do not belong to it.
    const passed = { recordsIn: recordsIn - inFlight + rows, written: written + rows, inFlight: 0 }
    return { ...receipt, openRows, counts: { ...counts, ...passed, bytesWritten: bytesWritten + bytes }, states }
  }
}

/** The container that a rejected record names. */
function containerOf(record: unknown, field: string): string | undefined {
  try {
    const container = (record as ResultRecord)[field]
    return typeof container === 'string' || typeof container === 'number' ? String(container) : undefined
  } catch {
    return undefined
  }
}
