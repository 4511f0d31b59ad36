/**
 * Rejections that nobody handles, in code of a topology: left alone they would end the process in the middle of a run.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { containerEnded, containerStarted } from '../../core/diagnostics.ts'
import { messageOf, SpillwayError } from '../../core/errors.ts'

/** A container, as the diagnostics channels tell of it. */
interface AtWork {
  readonly phase: string
  readonly container: string
}

/** Turns the first one into an abort, until disposed of. It tells which containers were at work. */
export class UnhandledRejections implements Disposable {
  readonly #controller = new AbortController()
  readonly #atWork = new Map<string, AtWork>()

  constructor() {
    process.on('unhandledRejection', this.#take)
    subscribe(containerStarted.name, this.#onStarted)
    subscribe(containerEnded.name, this.#onEnded)
  }

  /** Aborts with `ERR_SPILLWAY_TOPOLOGY`. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  [Symbol.dispose](): void {
    process.off('unhandledRejection', this.#take)
    unsubscribe(containerStarted.name, this.#onStarted)
    unsubscribe(containerEnded.name, this.#onEnded)
  }

  readonly #onStarted = (message: unknown): void => {
    const about = message as AtWork
    this.#atWork.set(keyOf(about), about)
  }

  readonly #onEnded = (message: unknown): void => {
    this.#atWork.delete(keyOf(message as AtWork))
  }

  readonly #take = (cause: unknown): void => {
    const [first, ...others] = this.#atWork.values()
    const more = others.length === 0 ? '' : ` and ${others.length} more`
    const during =
      first === undefined
        ? ''
        : ` while container ${JSON.stringify(first.container)} of phase ${JSON.stringify(first.phase)}${more} ran`
    this.#controller.abort(
      new SpillwayError(
        'ERR_SPILLWAY_TOPOLOGY',
        `A promise that nobody waits for was rejected${during}: ${messageOf(cause)}. Await it, or handle its failure`,
        { cause, ...(first !== undefined && { place: { phase: first.phase, container: first.container } }) },
      ),
    )
  }
}

function keyOf({ phase, container }: AtWork): string {
  return JSON.stringify([phase, container])
}
