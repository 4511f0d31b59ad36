/**
 * The stream graph of one phase: a buffer, an aggregation tee and a sink, joined by pumpify, whose only user this
 * file is. It closes pumpify's gaps: a stage that is destroyed without an error ends the chain with one here, and
 * single records are joined to batches before they enter, as each hop would cost as much for one as for a thousand.
 */
import pumpify from 'pumpify'
import { finished, type Duplex, type Transform, type Writable } from 'node:stream'
import { markerBatch, type Batch, type Marker } from '../core/batch.ts'
import { makeDeferred, type Deferred } from '../core/deferred.ts'
import { SpillwayError } from '../core/errors.ts'

/** Records that are joined before they enter the chain together. */
const MAX_JOINED = 1000

/** One batch waits before the chain; the stages have marks of their own. */
const Chain = pumpify.ctor({ autoDestroy: false, destroy: false, objectMode: true, highWaterMark: 1 })

/** A chain of streams that takes records and batches. */
export class PhaseChain {
  readonly phase: string
  readonly #chain: Duplex
  readonly #markers = new Set<Marker>()
  readonly #done = makeDeferred<void>()
  #joined: Batch = []
  #immediate: NodeJS.Immediate | undefined
  #drained: Deferred<void> | undefined
  #failure: Error | undefined
  #records = 0
  #ended = false

  /** @param stages - transforms, and the sink at the end; they belong to the chain from now on */
  constructor(phase: string, stages: readonly [...Transform[], Writable]) {
    this.phase = phase
    this.#chain = new Chain(...stages)
    // Failures are taken from the stages: pumpify leaves some out, and the first one is the cause.
    this.#chain.on('error', () => {})
    this.#chain.on('drain', () => {
      this.#drained?.resolve()
      this.#drained = undefined
    })
    for (const stage of stages) {
      finished(stage, (error) => {
        if (error) this.#fail(this.#explain(error, stage))
        else if (stage === stages.at(-1)) this.#finish()
      })
    }
  }

  /** Records accepted. */
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

  /** Takes a record or a batch. A promise it returns is to be awaited before the next: that is the backpressure. */
  accept(chunk: unknown): Promise<void> | undefined {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (Array.isArray(chunk)) {
      this.#enterJoined()
      this.#records += chunk.length
      this.#enter(chunk)
    } else {
      this.#records += 1
      this.#joined.push(chunk as Batch[number])
      if (this.#joined.length >= MAX_JOINED) this.#enterJoined()
      else
        this.#immediate ??= setImmediate(() => {
          this.#enterJoined()
        })
    }
    return this.#drained?.promise
  }

  /** Sends a marker behind the records accepted so far. It fails with the chain. */
  mark(marker: Marker): Promise<void> | undefined {
    const forget = () => this.#markers.delete(marker)
    this.#markers.add(marker)
    marker.receipt.then(forget, forget)
    const wait = this.accept(markerBatch(marker))
    wait?.catch((error: unknown) => {
      marker.fail(error)
    })
    return wait
  }

  /** Ends the chain behind the records accepted so far; settles as {@link done} does. */
  end(): Promise<void> {
    if (!this.#ended && this.#failure === undefined) {
      this.#ended = true
      this.#enterJoined()
      this.#chain.end()
    }
    return this.done
  }

  #enterJoined(): void {
    clearImmediate(this.#immediate)
    this.#immediate = undefined
    if (this.#joined.length === 0) return
    const batch = this.#joined
    this.#joined = []
    this.#enter(batch)
  }

  #enter(chunk: unknown): void {
    if (this.#failure !== undefined || this.#chain.destroyed) return
    if (!this.#chain.write(chunk)) this.#drained ??= makeDeferred()
  }

  #finish(): void {
    for (const marker of this.#markers) marker.lose()
    this.#done.resolve()
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    clearImmediate(this.#immediate)
    for (const marker of this.#markers) marker.fail(error)
    this.#drained?.reject(error)
    this.#done.reject(error)
  }

  /** A stage that closed without an error would end the chain as if all were well. */
  #explain(error: NodeJS.ErrnoException, stage: object): Error {
    if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') return error
    return new SpillwayError(
      'ERR_SPILLWAY_CLOSED',
      `The ${stage.constructor.name} of phase ${JSON.stringify(this.phase)} was closed before its end; what it held is lost. Let only the streamer close it.`,
      { cause: error, place: { phase: this.phase } },
    )
  }
}
