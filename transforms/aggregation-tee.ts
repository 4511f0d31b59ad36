/**
 * Aggregates the records that pass through a stream graph, and passes them on unchanged.
 */
import { finished, Transform, type Readable, type TransformCallback } from 'node:stream'
import { destroyOnAbort } from '../lib/core/interruptible.ts'
import { annotate, notesOf, type Chunk } from '../lib/core/batch.ts'
import { messageOf, SpillwayError } from '../lib/core/errors.ts'
import { abortSignal, numberFrom, oneOf, resolveOptions, type Checks } from '../lib/core/options.ts'
import type { ResultRecord } from '../lib/core/record.ts'
import { AggregateSnapshots } from './aggregate/aggregate-snapshots.ts'
import { Aggregates, AGGREGATES_DEFAULTS, aggregatesChecks, type AggregatesOptions } from './aggregate/aggregates.ts'
import type { AggregateSummary } from './aggregate/summaries.ts'

/** Options of {@link AggregationTee}. */
export interface AggregationTeeOptions extends AggregatesOptions {
  /**
   * Minimum time in milliseconds between two snapshots of {@link AggregationTee.aggregates}. With `Infinity` there are
   * only the first and the final snapshot.
   *
   * @default 1000
   */
  readonly snapshotIntervalMs?: number
  /**
   * When a record is counted. `passed`: when it passes the tee. `written`: when a sink of this toolkit has written it,
   * so that rejected records are not counted. With a sink that never reports this, no record is counted.
   *
   * @default 'passed'
   */
  readonly countWhen?: 'passed' | 'written'
  /** When it is aborted, the stream is destroyed with an AbortError. */
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
 * A Transform that passes on every record, batch and marker unchanged, in order. It aggregates the records by phase,
 * container and metric. With `countWhen: 'written'`, a single record is passed on as a batch of one. Only a batch can
 * carry the callback for the sink.
 *
 * Memory: that of {@link Aggregates}, plus two chunks on either side. Records are not copied.
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
  /** Batches passed on that the sink has not reported yet. */
  #outstanding = 0
  #flushed = false
  /** How the aggregation ended: `final` when all records are counted, `broken` when it ended early. */
  #outcome: 'final' | 'broken' | undefined

  /** @throws {SpillwayError} `ERR_SPILLWAY_OPTION` for a wrong option */
  constructor(given?: AggregationTeeOptions) {
    const options = resolveOptions('AggregationTee', given, aggregationTeeChecks, AGGREGATION_TEE_DEFAULTS)
    const { snapshotIntervalMs, countWhen, signal, ...aggregatesOptions } = options
    super({ objectMode: true, highWaterMark: HIGH_WATER_MARK })
    this.#makeState = () => new Aggregates(aggregatesOptions)
    this.#state = this.#makeState()
    this.#waitsForSink = countWhen === 'written'
    this.#snapshotIntervalMs = snapshotIntervalMs
    // Not passed to super(): a signal that is already aborted would destroy the stream before its fields exist.
    destroyOnAbort(this, signal)
  }

  /**
   * The aggregation state. It can be merged with other states or saved. To continue from a saved state, merge the
   * restored state into it.
   */
  get state(): Aggregates {
    return this.#state
  }

  /**
   * Returns the state and continues with an empty one. Merging the states taken one after another gives the state of
   * the whole.
   */
  takeState(): Aggregates {
    const taken = this.#state
    this.#state = this.#makeState()
    return taken
  }

  /**
   * A Readable of {@link AggregateSummary} snapshots. The getter returns the same stream each time.
   *
   * The first read gets a snapshot at once. Each later read gets the latest state when `snapshotIntervalMs` have passed
   * since the previous snapshot. No snapshot is computed without a read.
   *
   * The final snapshot follows after the end of the tee. With `countWhen: 'written'` it also waits until the sink has
   * reported every batch. Then the stream ends. It is destroyed without an error when the tee is destroyed early, or,
   * with `countWhen: 'written'`, when the sink fails.
   */
  get aggregates(): Readable {
    if (this.#snapshots === undefined) {
      this.#snapshots = new AggregateSnapshots(this.#snapshotIntervalMs, () => this.summary())
      this.#settleSnapshots()
    }
    return this.#snapshots
  }

  /** The summary of all records counted so far. */
  summary(): AggregateSummary {
    return this.#state.summary()
  }

  /**
   * Like the `pipe` of every Readable. It also watches the destination, because no more reports follow after its end.
   */
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

  /** Adds a callback to the chunk that the sink calls when the chunk is written. */
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

/** The chunk as an array to which notes can be added. */
function batchOf(chunk: Chunk): readonly ResultRecord[] {
  if (!Array.isArray(chunk)) return [chunk as ResultRecord]
  const batch = chunk as readonly ResultRecord[]
  return Object.isExtensible(batch) ? batch : annotate([...batch], notesOf(batch))
}

/** The error for a getter of a record that threw a value of any type. */
function unreadable(cause: unknown): Error {
  if (cause instanceof Error) return cause
  const message = `Cannot aggregate a record: reading its fields threw ${messageOf(cause)}. Write plain objects.`
  return new SpillwayError('ERR_SPILLWAY_VALUE', message, { cause })
}
