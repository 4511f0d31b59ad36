/**
 * Unhandled promise rejections in the code of a topology. By default they would end the process in the middle of a run.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { containerEnded, containerStarted } from '../../core/diagnostics.ts'
import { placedMessageOf, SpillwayError } from '../../core/errors.ts'

/** A container, as the diagnostics channels name it. */
interface RunningContainer {
  readonly phase: string
  readonly container: string
}

/**
 * Aborts its signal on the first unhandled rejection, until it is disposed of. The error names the containers that were
 * running.
 */
export class UnhandledRejections implements Disposable {
  readonly #controller = new AbortController()
  readonly #running = new Map<string, RunningContainer>()

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
    const about = message as RunningContainer
    this.#running.set(keyOf(about), about)
  }

  readonly #onEnded = (message: unknown): void => {
    this.#running.delete(keyOf(message as RunningContainer))
  }

  readonly #take = (cause: unknown): void => {
    const [first, ...others] = this.#running.values()
    const more = others.length === 0 ? '' : ` and ${others.length} more`
    const during =
      first === undefined
        ? ''
        : ` while container ${JSON.stringify(first.container)} of phase ${JSON.stringify(first.phase)}${more} ran`
    this.#controller.abort(
      new SpillwayError(
        'ERR_SPILLWAY_TOPOLOGY',
        `A promise rejection was not handled${during}: ${placedMessageOf(cause)}. Await the promise, or handle its rejection`,
        { cause, ...(first !== undefined && { place: { phase: first.phase, container: first.container } }) },
      ),
    )
  }
}

function keyOf({ phase, container }: RunningContainer): string {
  return JSON.stringify([phase, container])
}
