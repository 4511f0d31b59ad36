/**
 * The input of a collector for one source: a Writable whose backpressure depends only on the queue of that source.
 */
import { ChunkQueue, weigh, type ChunkQueueOptions, type WeighedChunk } from './chunk-queue.ts'
import { failMarker } from '../core/batch.ts'
import { QueueKeepingWritable, queueOf } from '../core/queue-keeping-writable.ts'
import type { Callback } from '../core/settle-callback.ts'

/** `open` while the source can write, `ended` after its end, `failed` when it was destroyed before its end. */
export type SourceState = 'open' | 'ended' | 'failed'

/** The state and the counts of a source. */
export interface SourceStats {
  /** Whether the source may still write, has ended, or has failed. */
  readonly state: SourceState
  /** Number of records that were added to its queue. */
  readonly accepted: number
  /** Number of records that were read from its queue. */
  readonly delivered: number
  /** Number of records in its queue: `accepted` minus `delivered`, or 0 once the collector is destroyed. */
  readonly queued: number
  /** Estimated bytes of the records in its queue. */
  readonly queuedBytes: number
}

/** The callbacks from a source to its collector. */
interface SourceHooks {
  /** The queue was empty and now has a chunk. */
  readonly onFilled: (source: SourceQueue) => void
  /** The source has ended, and all its records are in the queue. */
  readonly onEnded: () => void
  /** The source was destroyed before its end; `error` is null when it was destroyed without an error. */
  readonly onFailed: (source: SourceQueue, error: Error | null) => void
}

/**
 * A Writable that adds records or batches to a bounded queue. A chunk that does not fit is held back together with its
 * callback until it fits. All chunks that were written before the stream is destroyed still enter the queue.
 */
export class SourceQueue extends QueueKeepingWritable {
  /** Number of the source, from 0. */
  readonly index: number
  readonly #queue: ChunkQueue
  readonly #hooks: SourceHooks
  #state: SourceState = 'open'
  #accepted = 0
  #delivered = 0
  #held: { readonly chunk: WeighedChunk; readonly callback: Callback } | undefined
  /** The reason why the collector no longer reads this source. */
  #closedBy: Error | undefined

  constructor(index: number, options: ChunkQueueOptions, hooks: SourceHooks) {
    // Two chunks wait outside the queue: the chunk that is held back, and the one after it.
    super({ objectMode: true, highWaterMark: 2 })
    this.index = index
    this.#queue = new ChunkQueue(options)
    this.#hooks = hooks
  }

  get stats(): SourceStats {
    return {
      state: this.#state,
      accepted: this.#accepted,
      delivered: this.#delivered,
      queued: this.#queue.records,
      queuedBytes: this.#queue.bytes,
    }
  }

  /** Whether the queue is empty. */
  get isEmpty(): boolean {
    return this.#queue.isEmpty
  }

  /** Whether the rest of a batch must be taken before the collector reads another source. */
  get isMidChunk(): boolean {
    return this.#queue.isMidChunk
  }

  /** Removes the next array or record from the queue and returns it. The queue must not be empty. */
  take(): unknown {
    const before = this.#queue.records
    const item = this.#queue.take()
    this.#delivered += before - this.#queue.records
    return item
  }

  /** Accepts the chunk that is held back, if there is one and it fits now. */
  resume(): void {
    const held = this.#held
    if (held === undefined || !this.#queue.fits(held.chunk)) return
    this.#held = undefined
    this.#add(held.chunk)
    held.callback()
  }

  /** Drops all chunks, because the collector no longer reads, and fails the stream with `reason`. */
  closeWith(reason: Error): void {
    this.#closedBy = reason
    this.#queue.clear(reason)
    if (this.#state === 'open') this.destroy(reason)
  }

  /**
   * A write after {@link close} fails with the reason. Node's own error would only say that the stream was destroyed.
   */
  override write(chunk: unknown, encoding?: BufferEncoding | WriteCallback, callback?: WriteCallback): boolean {
    const whenWritten = typeof encoding === 'function' ? encoding : callback
    if (this.#closedBy === undefined) return super.write(chunk, whenWritten)
    if (whenWritten !== undefined) process.nextTick(whenWritten, this.#closedBy)
    return false
  }

  override _write(chunk: unknown, _encoding: BufferEncoding, callback: Callback): void {
    const weighed = weigh(chunk)
    if (this.#queue.fits(weighed)) {
      this.#add(weighed)
      callback()
    } else {
      this.#held = { chunk: weighed, callback }
    }
  }

  override _final(callback: Callback): void {
    this.#state = 'ended'
    callback()
    this.#hooks.onEnded()
  }

  override _destroy(error: Error | null, callback: Callback): void {
    const failed = this.#state === 'open'
    if (failed) {
      this.#state = 'failed'
      // The collector reports the error, so a listener on this stream is not required.
      this.on('error', () => {})
      this.#queueOrDrop()
    }
    callback(error)
    if (failed && this.#closedBy === undefined) this.#hooks.onFailed(this, error)
  }

  /** Adds the chunks that wait outside the queue to it, or drops them if the collector no longer reads. */
  #queueOrDrop(): void {
    const held = this.#held
    this.#held = undefined
    if (held !== undefined) this.#add(held.chunk)
    for (const chunk of queueOf(this).splice(0)) this.#add(weigh(chunk))
    held?.callback(this.#closedBy)
  }

  #add(chunk: WeighedChunk): void {
    if (this.#closedBy !== undefined) {
      failMarker(chunk.chunk, this.#closedBy)
      return
    }
    const wasEmpty = this.#queue.isEmpty
    this.#queue.add(chunk)
    this.#accepted += chunk.records
    if (wasEmpty && !this.#queue.isEmpty) this.#hooks.onFilled(this)
  }
}

type WriteCallback = (error: Error | null | undefined) => void
