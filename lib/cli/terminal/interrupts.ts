/**
 * Ctrl-C and SIGTERM. The first asks the work to end in good order: its sources stop, what was accepted is written and
 * committed, files are completed. The second no longer waits for as long as that takes, but for a few seconds at most, so
 * that a last commit can be made. The third ends the process at once.
 */
import { EXIT_CODES, type ExitCode } from './exit-codes.ts'

/** How long the second signal waits: enough to commit what is in the queues, unless the disk or an output hangs. */
const FORCE_EXIT_MS = 5000

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
interface SignalSource {
  on(event: keyof typeof CODES, listener: (name: keyof typeof CODES) => void): unknown
  off(event: keyof typeof CODES, listener: (name: keyof typeof CODES) => void): unknown
  exit(code: number): unknown
}

/** Watches for signals, from when {@link signal} is first asked for until disposed of. */
export class Interrupts implements Disposable {
  readonly #source: SignalSource
  readonly #forceExitMs: number
  readonly #controller = new AbortController()
  #isWatching = false
  #forceExit: NodeJS.Timeout | undefined

  /** @param forceExitMs - how long the second signal waits for the work to end */
  constructor(source: SignalSource, forceExitMs = FORCE_EXIT_MS) {
    this.#source = source
    this.#forceExitMs = forceExitMs
  }

  /** Aborts with an {@link Interruption}. Work that never asks for it is ended by the first signal, as any program is. */
  get signal(): AbortSignal {
    if (!this.#isWatching) {
      this.#isWatching = true
      this.#source.on('SIGINT', this.#take)
      this.#source.on('SIGTERM', this.#take)
    }
    return this.#controller.signal
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#forceExit)
    this.#source.off('SIGINT', this.#take)
    this.#source.off('SIGTERM', this.#take)
  }

  readonly #take = (name: keyof typeof CODES): void => {
    const exit = () => this.#source.exit(CODES[name])
    if (!this.signal.aborted) this.#controller.abort(new Interruption(name))
    else if (this.#forceExit === undefined) this.#forceExit = setTimeout(exit, this.#forceExitMs)
    else exit()
  }
}
