/**
 * The way into one phase without routing: a Writable in front of its chain.
 */
import type { Writable } from 'node:stream'
import { BufferingTransform } from '../../transforms/buffering-transform.ts'
import { SpillwayError } from '../core/errors.ts'
import { QueueKeepingWritable, queueOf } from '../core/queue-keeping-writable.ts'
import { settleCallback, type Callback } from '../core/settle-callback.ts'
import { PhaseChain, type PhaseInput } from './phase-chain.ts'

let chainOf: (inlet: PhaseInlet) => PhaseChain

/**
 * A Writable of records or batches of one phase. Ending it ends the phase: its files are complete when `finish`
 * comes. Destroying it ends the phase too, after its accepted records are saved. A destroy with an error is a failing
 * source, and concerns only that; without one, missing records would go unnoticed, so the streamer fails.
 */
export class PhaseInlet extends QueueKeepingWritable {
  readonly #chain: PhaseChain
  readonly #onEarlyClose: (error: Error) => void

  /** @param onEarlyClose - called when the stream was destroyed without an error before its end */
  constructor(chain: PhaseChain, onEarlyClose: (error: Error) => void) {
    super({ objectMode: true, highWaterMark: 16 })
    this.#chain = chain
    this.#onEarlyClose = onEarlyClose
    chain.done.catch((error: unknown) => this.destroy(error as Error))
  }

  override _write(chunk: unknown, _encoding: BufferEncoding, callback: Callback): void {
    settleCallback(this.#chain.accept(chunk), callback)
  }

  override _final(callback: Callback): void {
    settleCallback(this.#chain.end(), callback)
  }

  override _destroy(error: Error | null, callback: Callback): void {
    const closedEarly = error === null && !this.writableFinished
    for (const chunk of queueOf(this)) this.#chain.accept(chunk)?.catch(() => {})
    settleCallback(this.#chain.end(), (failure) => {
      callback(error ?? failure)
      if (closedEarly) this.#onEarlyClose(earlyCloseError(this.#chain.phase))
    })
  }

  static {
    chainOf = (inlet) => inlet.#chain
  }
}

/**
 * The input of a phase whose records go to `sink`: the chain behind an inlet of a streamer, so that one buffer serves; for
 * any other Writable a chain with a buffer of its own, which empties at every turn of the event loop.
 */
export function phaseInput(phase: string, sink: Writable): PhaseInput {
  if (sink instanceof PhaseInlet) {
    // Nothing is written to the inlet, and the chain reports its failure: the inlet's own event must not end the process.
    sink.on('error', () => {})
    return chainOf(sink)
  }
  return new PhaseChain(phase, new BufferingTransform({ maxAgeMs: 0 }), [sink])
}

function earlyCloseError(phase: string): SpillwayError {
  return new SpillwayError(
    'ERR_SPILLWAY_CLOSED',
    `The stream of phase ${JSON.stringify(phase)} was destroyed before its end, so records may be missing. What it had accepted is saved. End it, or destroy it with an error.`,
    { place: { phase } },
  )
}
