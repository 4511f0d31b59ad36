/**
 * The way into a collector for one source: a Writable whose backpressure is the queue of that source alone.
 */
import { Writable } from 'node:stream'
import { ChunkQueue, weigh, type ChunkQueueOptions, type WeighedChunk } from './chunk-queue.ts'
import { notesOf } from '../core/batch.ts'
import { queuedChunks } from '../core/queued-chunks.ts'
import type { Callback } from '../core/settle-callback.ts'

/** `open` while it may write, `ended` after its end, `failed` when it was destroyed before. */
export type SourceState = 'open' | 'ended' | 'failed'

/** Where a source is. */
export interface SourceStats {
  /** Whether the source may still write, has ended, or has failed. */
  readonly state: SourceState
  /** Records that have entered its queue. */
  readonly accepted: number
  /** Records that were read. */
  readonly delivered: number
  /** Records in its queue: those accepted and not delivered, until the collector is destroyed and drops them. */
  readonly queued: number
  /** Their estimated bytes. */
  readonly queuedBytes: number
}

/** What a source tells its collector. */
interface SourceHooks {
  /** There is something in the queue, which was empty. */
  readonly onFilled: (source: SourceQueue) => void
  /** All has been written. */
  readonly onEnded: () => void
  /** It was destroyed before its end; the error is null when nobody gave one. */
  readonly onFailed: (source: SourceQueue, error: Error | null) => void
}

/**
 * A Writable of records or batches into a bounded queue. A chunk that does not fit is held, and its callback with it,
 * until it does. Whatever was written before the stream is destroyed still enters the queue.
 */
export class SourceQueue extends Writable {
  /** Number of the source, from 0. */
  readonly index: number
  readonly #queue: ChunkQueue
  readonly #hooks: SourceHooks
  #state: SourceState = 'open'
  #accepted = 0
  #delivered = 0
  #held: { readonly chunk: WeighedChunk; readonly callback: Callback } | undefined
  /** What the Writable had not begun to write when it was destroyed. */
  #unwritten: unknown[] = []
  /** Why nobody reads any more. */
  #closedBy: Error | undefined

  constructor(index: number, options: ChunkQueueOptions, hooks: SourceHooks) {
    // Outside of the queue waits the chunk that is held, and one behind it.
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

  /** Whether there is nothing to take. */
  get isEmpty(): boolean {
    return this.#queue.isEmpty
  }

  /** Whether the rest of a batch is to be taken before it is the turn of another source. */
  get isMidChunk(): boolean {
    return this.#queue.isMidChunk
  }

  /** Takes the next array or record out of the queue, which must not be empty. */
  take(): unknown {
    const before = this.#queue.records
    const item = this.#queue.take()
    this.#delivered += before - this.#queue.records
    return item
  }

  /** Lets the writer go on, if it was held and there is room now. */
  resume(): void {
    const held = this.#held
    if (held === undefined || !this.#queue.fits(held.chunk)) return
    this.#held = undefined
    this.#add(held.chunk)
    held.callback()
  }

  /** Drops everything, as nobody reads any more, and tells the writer why. */
  close(reason: Error): void {
    this.#closedBy = reason
    this.#queue.clear(reason)
    if (this.#state === 'open') this.destroy(reason)
  }

  /** Node would only say that the stream was destroyed. */
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

  override destroy(error?: Error): this {
    if (!this.destroyed) this.#unwritten = queuedChunks(this)
    return super.destroy(error)
  }

  override _destroy(error: Error | null, callback: Callback): void {
    const failed = this.#state === 'open'
    if (failed) {
      this.#state = 'failed'
      // The collector tells of the error; nobody has to listen here too.
      this.on('error', () => {})
      this.#saveOrDrop()
    }
    callback(error)
    if (failed && this.#closedBy === undefined) this.#hooks.onFailed(this, error)
  }

  /** Moves what waits outside of the queue into it, or drops it when nobody reads any more. */
  #saveOrDrop(): void {
    const held = this.#held
    const unwritten = this.#unwritten
    this.#held = undefined
    this.#unwritten = []
    if (held !== undefined) this.#add(held.chunk)
    for (const chunk of unwritten) this.#add(weigh(chunk))
    held?.callback(this.#closedBy)
  }

  #add(chunk: WeighedChunk): void {
    if (this.#closedBy !== undefined) {
      notesOf(chunk.chunk).marker?.fail(this.#closedBy)
      return
    }
    const wasEmpty = this.#queue.isEmpty
    this.#queue.add(chunk)
    this.#accepted += chunk.records
    if (wasEmpty && !this.#queue.isEmpty) this.#hooks.onFilled(this)
  }
}

type WriteCallback = (error: Error | null | undefined) => void
