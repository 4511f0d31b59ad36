/**
 * The way into one phase without routing: a Writable in front of its chain.
 */
import { Writable } from 'node:stream'
import { notesOf } from '../core/batch.ts'
import { SpillwayError } from '../core/errors.ts'
import { queuedChunks } from '../core/queued-chunks.ts'
import { settleCallback, type Callback } from '../core/settle-callback.ts'
import type { PhaseChain } from './phase-chain.ts'

/**
 * A Writable of records or batches of one phase. Ending it ends the phase: its files are complete when `finish`
 * comes. Destroying it ends the phase too, after what it had accepted is saved: with an error, as a failing source
 * does, that is the source's affair; without one, nobody would notice that records are missing.
 */
export class PhaseInlet extends Writable {
  readonly #chain: PhaseChain
  readonly #onEarlyClose: (error: Error) => void
  #unwritten: unknown[] = []

  /** @param onEarlyClose - told when the stream was destroyed without an error before its end */
  constructor(chain: PhaseChain, onEarlyClose: (error: Error) => void) {
    super({ objectMode: true, highWaterMark: 16 })
    this.#chain = chain
    this.#onEarlyClose = onEarlyClose
    chain.done.catch((error: unknown) => this.destroy(error as Error))
  }

  override _write(chunk: unknown, _encoding: BufferEncoding, callback: Callback): void {
    const { marker } = notesOf(chunk)
    settleCallback(marker === undefined ? this.#chain.accept(chunk) : this.#chain.mark(marker), callback)
  }

  override _final(callback: Callback): void {
    settleCallback(this.#chain.end(), callback)
  }

  override destroy(error?: Error): this {
    if (!this.destroyed) this.#unwritten = queuedChunks(this)
    return super.destroy(error)
  }

  override _destroy(error: Error | null, callback: Callback): void {
    const closedEarly = error === null && !this.writableFinished
    for (const chunk of this.#unwritten) this.#chain.accept(chunk)?.catch(() => {})
    settleCallback(this.#chain.end(), (failure) => {
      callback(error ?? failure)
      if (closedEarly) this.#onEarlyClose(earlyCloseError(this.#chain.phase))
    })
  }
}

function earlyCloseError(phase: string): SpillwayError {
  return new SpillwayError(
    'ERR_SPILLWAY_CLOSED',
    `The stream of phase ${JSON.stringify(phase)} was destroyed before its end, so records may be missing. What it had accepted is saved. End it, or destroy it with an error.`,
    { place: { phase } },
  )
}
