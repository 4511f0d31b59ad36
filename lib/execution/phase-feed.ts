/**
 * The way of the containers' records into their phase's stream graph: it joins records of any containers to batches,
 * notes beside each batch who made what, and hands the backpressure of the graph back to every container.
 */
import { finished, type Writable } from 'node:stream'
import { BatchBuffer } from '../../transforms/buffering/batch-buffer.ts'
import { markerBatch, type Marker, type Segment } from '../core/batch.ts'
import { makeDeferred, type Deferred } from '../core/deferred.ts'
import type { ResultRecord } from '../core/record.ts'

/** What is joined to one batch: enough that a hop costs little for each record, and little to hold. */
const BATCH_BOUNDS = { maxRecords: 1000, maxBytes: 1024 * 1024 }

/**
 * Feeds one phase. A batch goes on when it is full, or when the event loop turns, so that records of slow containers
 * do not wait. Memory: one batch, and what waits in the stream.
 */
export class PhaseFeed {
  readonly #sink: Writable
  readonly #buffer = new BatchBuffer(BATCH_BOUNDS)
  readonly #finished = makeDeferred<void>()
  #immediate: NodeJS.Immediate | undefined
  #drained: Deferred<void> | undefined
  #failure: Error | undefined
  #records = 0

  /** @param sink - the stream graph of the phase; it is ended by {@link end}, never destroyed */
  constructor(sink: Writable) {
    this.#sink = sink
    sink.on('drain', () => {
      this.#drained?.resolve()
      this.#drained = undefined
    })
    finished(sink, (error) => {
      if (error) this.#fail(error)
      else this.#finished.resolve()
    })
  }

  /** Records taken. */
  get records(): number {
    return this.#records
  }

  /**
   * Takes records that one container made in a row. A promise it returns is to be awaited before more are added: that is
   * the backpressure.
   *
   * @param source - who made them; `firstSeq` is that of the first one, `count` is not looked at
   * @throws what failed the stream graph
   */
  add(records: readonly ResultRecord[], source: Segment): Promise<void> | undefined {
    if (this.#failure !== undefined) throw this.#failure
    for (let from = 0; from < records.length;) {
      const segment = from === 0 ? source : { ...source, firstSeq: source.firstSeq + from }
      from = this.#buffer.addRun(records, from, records.length, segment)
      if (this.#buffer.full) this.#flush()
    }
    this.#records += records.length
    if (this.#buffer.length > 0) {
      this.#immediate ??= setImmediate(() => {
        this.#flush()
      })
    }
    return this.#drained?.promise
  }

  /** Sends a marker behind all records taken so far. */
  mark(marker: Marker): void {
    this.#flush()
    if (this.#failure !== undefined) marker.fail(this.#failure)
    else if (!this.#sink.write(markerBatch(marker))) this.#drained ??= makeDeferred()
  }

  /** Ends the stream graph, and waits until its files are complete. Rejects with what failed it. */
  async end(): Promise<void> {
    this.#flush()
    if (!this.#sink.writableEnded) this.#sink.end()
    await this.#finished.promise
  }

  #flush(): void {
    clearImmediate(this.#immediate)
    this.#immediate = undefined
    if (this.#buffer.length === 0 || this.#failure !== undefined) return
    if (!this.#sink.write(this.#buffer.take())) this.#drained ??= makeDeferred()
  }

  #fail(error: Error): void {
    this.#failure ??= error
    clearImmediate(this.#immediate)
    this.#drained?.reject(error)
    this.#finished.reject(error)
  }
}
