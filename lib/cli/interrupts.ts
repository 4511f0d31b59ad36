/**
 * Ctrl-C and SIGTERM: the first asks the work to end in good order, the second ends the process at once.
 */
import { EXIT_CODES, type ExitCode } from './exit-codes.ts'

/** The signals that end the work, and the exit code of each. */
const CODES = { SIGINT: EXIT_CODES.interrupted, SIGTERM: EXIT_CODES.terminated } as const

/** The reason of an abort by the operating system's signal: an AbortError. */
export class Interruption extends Error {
  override readonly name = 'AbortError'
  readonly code = 'ABORT_ERR'
  readonly exitCode: ExitCode

  constructor(signalName: keyof typeof CODES) {
    super(`stopped by ${signalName}`)
    this.exitCode = CODES[signalName]
  }
}

/** The part of `process` that is needed. */
export interface SignalSource {
  on(event: keyof typeof CODES, listener: (name: keyof typeof CODES) => void): unknown
  off(event: keyof typeof CODES, listener: (name: keyof typeof CODES) => void): unknown
  exit(code: number): unknown
}

/** Watches for signals until disposed of. */
export class Interrupts implements Disposable {
  readonly #source: SignalSource
  readonly #controller = new AbortController()

  constructor(source: SignalSource) {
    this.#source = source
    source.on('SIGINT', this.#take)
    source.on('SIGTERM', this.#take)
  }

  /** Aborts with an {@link Interruption}. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  [Symbol.dispose](): void {
    this.#source.off('SIGINT', this.#take)
    this.#source.off('SIGTERM', this.#take)
  }

  readonly #take = (name: keyof typeof CODES): void => {
    if (this.signal.aborted) this.#source.exit(CODES[name])
    else this.#controller.abort(new Interruption(name))
  }
}
