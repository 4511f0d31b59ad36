/**
 * The containers that are running, for messages about what stopped them.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { containerEnded, containerStarted } from '../../core/diagnostics.ts'

/** A container, as the diagnostics channels name it. */
interface RunningContainer {
  readonly phase: string
  readonly container: string
}

/** Follows the containers of all runs in this process, until it is disposed of. Memory: those that run at once. */
export class RunningContainers implements Disposable {
  readonly #running = new Map<string, RunningContainer>()

  constructor() {
    subscribe(containerStarted.name, this.#onStarted)
    subscribe(containerEnded.name, this.#onEnded)
  }

  /** The one that started first; undefined when none is running. */
  get first(): RunningContainer | undefined {
    return this.#running.values().next().value
  }

  /** The first one, and how many others there are; undefined when none is running. */
  get text(): string | undefined {
    const { first } = this
    if (first === undefined) return undefined
    const others = this.#running.size - 1
    const more = others === 0 ? '' : ` and ${others} more`
    return `container ${JSON.stringify(first.container)} of phase ${JSON.stringify(first.phase)}${more}`
  }

  [Symbol.dispose](): void {
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
}

function keyOf({ phase, container }: RunningContainer): string {
  return JSON.stringify([phase, container])
}
