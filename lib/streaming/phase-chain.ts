/**
 * The stream graph of one phase: a buffer, an aggregation tee and a sink, joined by pumpify. No other file uses pumpify.
 *
 * Two things are added to it. A stage that is destroyed without an error ends the chain with an error here; pumpify ends
 * it as if all were well. And records enter the buffer directly, because each hop costs as much for one record as for a
 * thousand.
 */
import pumpify from 'pumpify'
import { finished, type Duplex, type Transform, type Writable } from 'node:stream'
import { inputOf, type BufferInput, type BufferingTransform } from '../../transforms/buffering-transform.ts'
import { notesOf, type Segment } from '../core/batch.ts'
import { Drained, makeDeferred } from '../core/deferred.ts'
import { SpillwayError } from '../core/errors.ts'
import { controlOf, type Marker } from '../core/marker.ts'
import type { ResultRecord } from '../core/record.ts'

/** Takes the records of one phase. */
export interface PhaseInput {
  /** Records accepted. */
  readonly records: number
  /**
   * Takes records that one container made in a row. A promise it returns must be awaited before more are added: that is
   * the backpressure.
   *
   * @param segment - the container; `firstSeq` is that of the first record, `count` is not looked at
   * @throws the failure of the stream graph
   */
  add(records: readonly ResultRecord[], segment: Segment): Promise<void> | undefined
  /** Ends the stream graph behind the records accepted so far, and waits until its files are complete. */
  end(): Promise<void>
}

const Chain = pumpify.ctor({ autoDestroy: false, destroy: false, objectMode: true, highWaterMark: 1 })

/** A chain of streams that takes records and batches. */
export class PhaseChain implements PhaseInput {
  readonly phase: string
  readonly #chain: Duplex
  readonly #input: BufferInput
  readonly #markers = new Set<Marker>()
  readonly #done = makeDeferred<void>()
  readonly #drained = new Drained()
  #failure: Error | undefined
  #records = 0
  #ended = false

  /**
   * @param buffer - the first stage
   * @param stages - transforms, and the sink at the end; all stages belong to the chain from now on
   */
  constructor(phase: string, buffer: BufferingTransform, stages: readonly [...Transform[], Writable]) {
    this.phase = phase
    this.#chain = new Chain(buffer, ...stages)
    this.#input = inputOf(buffer)
    this.#input.onDrain = this.#drained.resolve
    // Failures are taken from the stages: pumpify omits some, and the first one is the cause.
    this.#chain.on('error', () => {})
    for (const stage of [buffer, ...stages]) {
      finished(stage, (error) => {
        if (error) this.#fail(this.#explain(error, stage))
        else if (stage === stages.at(-1)) this.#finish()
      })
    }
  }

  get records(): number {
    return this.#records
  }

  /** Whether it takes no more records. */
  get ended(): boolean {
    return this.#ended
  }

  /** Settles when all is written and released, or when the chain has failed. */
  get done(): Promise<void> {
    return this.#done.promise
  }

  add(records: readonly ResultRecord[], segment: Segment): Promise<void> | undefined {
    if (this.#failure !== undefined) throw this.#failure
    this.#records += records.length
    // Most containers make one record at a time.
    const [only] = records
    const isSingle = records.length === 1 && only !== undefined
    return this.#waitUnless(isSingle ? this.#input.add(only, segment) : this.#input.addBatch(records, segment))
  }

  /**
   * Takes a record, or a batch with what is noted beside it. A promise it returns must be awaited before the next: that
   * is the backpressure.
   */
  accept(chunk: unknown): Promise<void> | undefined {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (!Array.isArray(chunk)) {
      this.#records += 1
      return this.#waitUnless(this.#input.add(chunk as ResultRecord))
    }
    this.#records += chunk.length
    const wait = this.#waitUnless(this.#input.addBatch(chunk as ResultRecord[]))
    const { marker } = notesOf(chunk)
    return marker === undefined ? wait : this.mark(marker)
  }

  /** Sends a marker behind the records accepted so far. It fails with the chain. */
  mark(marker: Marker): Promise<void> | undefined {
    if (this.#failure !== undefined) {
      controlOf(marker).fail(this.#failure)
      return undefined
    }
    const forget = () => this.#markers.delete(marker)
    this.#markers.add(marker)
    marker.receipt.then(forget, forget)
    return this.#waitUnless(this.#input.mark(marker))
  }

  end(): Promise<void> {
    if (!this.#ended && this.#failure === undefined) {
      this.#ended = true
      this.#chain.end()
    }
    return this.done
  }

  #waitUnless(isFree: boolean): Promise<void> | undefined {
    return isFree ? undefined : this.#drained.wait()
  }

  #finish(): void {
    for (const marker of this.#markers) controlOf(marker).lose()
    this.#done.resolve()
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    for (const marker of this.#markers) controlOf(marker).fail(error)
    this.#drained.reject(error)
    this.#done.reject(error)
  }

  #explain(error: NodeJS.ErrnoException, stage: object): Error {
    if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') return error
    return new SpillwayError(
      'ERR_SPILLWAY_CLOSED',
      `The ${stage.constructor.name} of phase ${JSON.stringify(this.phase)} was closed before its end; what it held is lost. Let only the streamer close it.`,
      { cause: error, place: { phase: this.phase } },
    )
  }
}
