/**
 * Ctrl-C and SIGTERM. The first signal stops the work cleanly: sources stop, accepted records are written and
 * committed, files are completed. The second signal limits this to a few seconds, enough for a last commit. The third
 * one ends the process at once.
 */
import { EXIT_CODES, type ExitCode } from './exit-codes.ts'

/** Time limit after the second signal: enough to commit what is in the queues, unless the disk or an output hangs. */
const FORCE_EXIT_MS = 5000

/** The signals that stop the work, and the exit code of each. */
const CODES = { SIGINT: EXIT_CODES.interrupted, SIGTERM: EXIT_CODES.terminated } as const

/** The AbortError that is the reason when a signal of the operating system stopped the work. */
export class Interruption extends Error {
  override readonly name = 'AbortError'
  readonly code = 'ABORT_ERR'
  readonly exitCode: ExitCode

  constructor(signalName: keyof typeof CODES) {
    super(`stopped by ${signalName}`)
    this.exitCode = CODES[signalName]
  }
}

/** The part of `process` that is used. */
interface SignalSource {
  on(event: keyof typeof CODES, listener: (name: keyof typeof CODES) => void): unknown
  off(event: keyof typeof CODES, listener: (name: keyof typeof CODES) => void): unknown
  exit(code: number): unknown
}

/** Listens for signals from the first read of {@link signal} until it is disposed of. */
export class Interrupts implements Disposable {
  readonly #source: SignalSource
  readonly #forceExitMs: number
  readonly #controller = new AbortController()
  #isWatching = false
  #forceExit: NodeJS.Timeout | undefined

  /** @param forceExitMs - time limit for the work to end after the second signal */
  constructor(source: SignalSource, forceExitMs = FORCE_EXIT_MS) {
    this.#source = source
    this.#forceExitMs = forceExitMs
  }

  /** Aborts with an {@link Interruption}. A command that never reads it is ended by the first signal, as by default. */
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
