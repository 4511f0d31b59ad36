/**
 * The way into one phase without routing: a Writable in front of its chain.
 */
import { Writable } from 'node:stream'
import { queuedChunks } from './core/salvage.ts'
import type { PhaseChain } from './phase-chain.ts'

type Callback = (error?: Error | null) => void

/**
 * A Writable of records or batches of one phase. Ending it ends the phase: its files are complete when `finish`
 * comes. Destroying it (a failing source does) ends the phase too, after what it had accepted is saved.
 */
export class PhaseInlet extends Writable {
  readonly #chain: PhaseChain
  #salvaged: unknown[] = []

  constructor(chain: PhaseChain) {
    super({ objectMode: true, highWaterMark: 16 })
    this.#chain = chain
    chain.done.catch((error: unknown) => this.destroy(error as Error))
  }

  override _write(chunk: unknown, _encoding: BufferEncoding, callback: Callback): void {
    const wait = this.#chain.accept(chunk)
    if (wait === undefined) callback()
    else
      wait.then(() => {
        callback()
      }, callback)
  }

  override _final(callback: Callback): void {
    this.#chain.end().then(() => {
      callback()
    }, callback)
  }

  override destroy(error?: Error): this {
    if (!this.destroyed) this.#salvaged = queuedChunks(this)
    return super.destroy(error)
  }

  override _destroy(error: Error | null, callback: Callback): void {
    for (const chunk of this.#salvaged) this.#chain.accept(chunk)?.catch(() => {})
    this.#chain.end().then(
      () => {
        callback(error)
      },
      (failure: unknown) => {
        callback(error ?? (failure as Error))
      },
    )
  }
}
