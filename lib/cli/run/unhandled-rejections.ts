/**
 * Unhandled promise rejections in the code of a topology. By default they would end the process in the middle of a run.
 */
import { placedMessageOf, SpillwayError } from '../../core/errors.ts'
import { RunningContainers } from './running-containers.ts'

/**
 * Aborts its signal on the first unhandled rejection, until it is disposed of. The error names the containers that were
 * running.
 */
export class UnhandledRejections implements Disposable {
  readonly #controller = new AbortController()
  readonly #running = new RunningContainers()

  constructor() {
    process.on('unhandledRejection', this.#take)
  }

  /** Aborts with `ERR_SPILLWAY_TOPOLOGY`. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  [Symbol.dispose](): void {
    process.off('unhandledRejection', this.#take)
    this.#running[Symbol.dispose]()
  }

  readonly #take = (cause: unknown): void => {
    const { first, text } = this.#running
    const during = text === undefined ? '' : ` while ${text} ran`
    this.#controller.abort(
      new SpillwayError(
        'ERR_SPILLWAY_TOPOLOGY',
        `A promise rejection was not handled${during}: ${placedMessageOf(cause)}. Await the promise, or handle its rejection`,
        { cause, ...(first !== undefined && { place: { phase: first.phase, container: first.container } }) },
      ),
    )
  }
}
