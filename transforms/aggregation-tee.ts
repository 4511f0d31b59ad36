/**
 * Aggregates the records that pass through a stream graph, and hands them on as they are.
 */
import { addAbortSignal, finished, Transform, type Readable, type TransformCallback } from 'node:stream'
import { annotate, notesOf, type Chunk } from '../lib/core/batch.ts'
import { messageOf, SpillwayError } from '../lib/core/errors.ts'
import { abortSignal, numberFrom, oneOf, resolveOptions, type Checks } from '../lib/core/options.ts'
import type { ResultRecord } from '../lib/core/record.ts'
import { AggregateSnapshots } from './aggregate/aggregate-snapshots.ts'
import { Aggregates, AGGREGATES_DEFAULTS, aggregatesChecks, type AggregatesOptions } from './aggregate/aggregates.ts'
import type { AggregateSummary } from './aggregate/summaries.ts'

/** Options of {@link AggregationTee}. */
export interface AggregationTeeOptions extends AggregatesOptions {
  /** Least time between two snapshots of {@link AggregationTee.aggregates}. `Infinity`: the first and the final one only. @default 1000 */
  readonly snapshotIntervalMs?: number
  /**
   * When a record counts. `passed`: as it passes. `written`: when a sink of this toolkit has it in its file, so that
   * records it rejects are left out; with a sink that never reports this, nothing counts. @default 'passed'
   */
  readonly countWhen?: 'passed' | 'written'
  /** Destroys the stream with an AbortError. */
  readonly signal?: AbortSignal
}

/** Checks of {@link AggregationTeeOptions}. */
export const aggregationTeeChecks: Checks<AggregationTeeOptions> = {
  ...aggregatesChecks,
  snapshotIntervalMs: numberFrom(0),
  countWhen: oneOf(['passed', 'written']),
  signal: abortSignal,
}

/** Defaults of {@link AggregationTeeOptions}. */
const AGGREGATION_TEE_DEFAULTS = {
  ...AGGREGATES_DEFAULTS,
  snapshotIntervalMs: 1000,
  countWhen: 'passed',
} as const satisfies AggregationTeeOptions

/** Chunks, of about a thousand records each, that wait on either side. */
const HIGH_WATER_MARK = 2

/**
 * A Transform that hands on every record, batch and marker as it is, in order, and aggregates the records by phase,
 * container and metric. With `countWhen: 'written'` a single record is handed on as a batch of one, as only batches
 * can carry the question.
 *
 * Memory: that of {@link Aggregates}; of the chunks themselves two on either side. A pass costs no copy.
 *
 * @example
 * const tee = new AggregationTee({ objective: { metric: 'profit' } })
 * await pipeline(results, new BufferingTransform(), tee, new JsonlSink({ path: 'results.jsonl' }))
 * console.log(tee.summary().topPerformers)
 */
export class AggregationTee extends Transform {
  #state: Aggregates
  readonly #makeState: () => Aggregates
  readonly #waitsForSink: boolean
  readonly #snapshotIntervalMs: number
  #snapshots: AggregateSnapshots | undefined
  /** Batches handed on that the sink has not reported yet. */
  #outstanding = 0
  #flushed = false
  /** How it ended: nothing counts any more, or it was cut short. */
  #outcome: 'final' | 'broken' | undefined

  /** @throws {SpillwayError} `ERR_SPILLWAY_OPTION` */
  constructor(given?: AggregationTeeOptions) {
    const options = resolveOptions('AggregationTee', given, aggregationTeeChecks, AGGREGATION_TEE_DEFAULTS)
    const { snapshotIntervalMs, countWhen, signal, ...aggregatesOptions } = options
    super({ objectMode: true, highWaterMark: HIGH_WATER_MARK })
    this.#makeState = () => new Aggregates(aggregatesOptions)
    this.#state = this.#makeState()
    this.#waitsForSink = countWhen === 'written'
    this.#snapshotIntervalMs = snapshotIntervalMs
    // Not by super(): a signal that has aborted already destroys the stream at once, which takes its fields.
    if (signal !== undefined) addAbortSignal(signal, this)
  }

  /** The state itself: to be merged with others, or saved. Merge a restored one into it to go on from there. */
  get state(): Aggregates {
    return this.#state
  }

  /** Hands the state over, and goes on with an empty one: states taken one after the other merge to that of the whole. */
  takeState(): Aggregates {
    const taken = this.#state
    this.#state = this.#makeState()
    return taken
  }

  /**
   * A Readable of {@link AggregateSummary} snapshots, the same one each time. The first read gets one at once, the
   * next ones get the latest state once `snapshotIntervalMs` have passed since the one before; nobody reading costs
   * nothing. After the end of the tee, and after the sink has reported every batch where that is waited for, comes the
   * final snapshot, then the end. It is destroyed, without an error of its own, when the tee is cut short; and where
   * the tee waits for a sink, when that fails.
   */
  get aggregates(): Readable {
    if (this.#snapshots === undefined) {
      this.#snapshots = new AggregateSnapshots(this.#snapshotIntervalMs, () => this.summary())
      this.#settleSnapshots()
    }
    return this.#snapshots
  }

  /** Everything counted so far. */
  summary(): AggregateSummary {
    return this.#state.summary()
  }

  /** Joins the tee to its reader, as every Readable does, and learns from it when no more reports can come. */
  override pipe<Destination extends NodeJS.WritableStream>(
    destination: Destination,
    options?: { end?: boolean },
  ): Destination {
    if (this.#waitsForSink) {
      finished(destination, (error) => {
        if (error) this.#conclude('broken')
        else if (!('readable' in destination)) this.#conclude('final')
      })
    }
    return super.pipe(destination, options)
  }

  /** @internal */
  override _transform(chunk: Chunk, _encoding: BufferEncoding, callback: TransformCallback): void {
    if (this.#waitsForSink) {
      callback(null, this.#countWhenWritten(chunk))
      return
    }
    try {
      this.#state.add(chunk)
    } catch (cause) {
      callback(unreadable(cause))
      return
    }
    callback(null, chunk)
  }

  /** @internal */
  override _flush(callback: TransformCallback): void {
    this.#flushed = true
    if (this.#outstanding === 0) this.#conclude('final')
    callback()
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    if (error !== null || !this.#flushed) this.#conclude('broken')
    callback(error)
  }

  /** Asks the sink to tell when it has written the chunk. */
  #countWhenWritten(chunk: Chunk): Chunk {
    const batch = batchOf(chunk)
    if (batch.length === 0) return chunk
    const { onWritten } = notesOf(batch)
    let counted = false
    this.#outstanding++
    return annotate(batch, {
      onWritten: (rejected) => {
        if (!counted) {
          counted = true
          this.#count(batch, rejected)
        }
        onWritten?.(rejected)
      },
    })
  }

  #count(batch: readonly ResultRecord[], rejected: readonly number[]): void {
    this.#outstanding--
    try {
      this.#state.add(batch, rejected)
    } catch (cause) {
      this.#conclude('broken')
      this.destroy(unreadable(cause))
    }
    if (this.#flushed && this.#outstanding === 0) this.#conclude('final')
  }

  #conclude(outcome: 'final' | 'broken'): void {
    this.#outcome ??= outcome
    this.#settleSnapshots()
  }

  #settleSnapshots(): void {
    if (this.#outcome === 'final') this.#snapshots?.finish()
    else if (this.#outcome === 'broken') this.#snapshots?.destroy()
  }
}

/** The chunk as an array that can be annotated. */
function batchOf(chunk: Chunk): readonly ResultRecord[] {
  if (!Array.isArray(chunk)) return [chunk as ResultRecord]
  const batch = chunk as readonly ResultRecord[]
  return Object.isExtensible(batch) ? batch : annotate([...batch], notesOf(batch))
}

/** Reading a record's fields runs the code of its getters, if it has some. */
function unreadable(cause: unknown): Error {
  if (cause instanceof Error) return cause
  const message = `Cannot aggregate a record: reading its fields threw ${messageOf(cause)}. Write plain objects.`
  return new SpillwayError('ERR_SPILLWAY_VALUE', message, { cause })
}
