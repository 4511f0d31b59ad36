/**
 * A run as a Readable of its records.
 */
import { Readable } from 'node:stream'
import { makeDeferred } from '../core/deferred.ts'
import type { ResultRecord } from '../core/record.ts'
import type { Callback } from '../core/settle-callback.ts'
import type { ResultCallback } from '../execution/container-intake.ts'
import type { WorkflowResult } from './result.ts'

/** Runs the workflow until it ends or the signal aborts. */
type StartRun = (resultCallback: ResultCallback, signal: AbortSignal) => Promise<WorkflowResult>

const HIGH_WATER_MARK = 100

/**
 * The records of a run as they are accepted, of all phases, with the phase and container of each. The run begins with the
 * first read, goes as fast as it is read, and writes its files all the same. Leaving early (a `break`, a `destroy`) stops
 * the run; `close` comes when it has finished its files.
 */
export class WorkflowStream extends Readable {
  readonly #start: StartRun
  readonly #stop = new AbortController()
  readonly #result = makeDeferred<WorkflowResult>()
  #started = false
  #wanted: (() => void) | undefined

  constructor(start: StartRun) {
    super({ objectMode: true, highWaterMark: HIGH_WATER_MARK })
    this.#start = start
  }

  /** The result of the run, as `executeWorkflow` gives it. It comes once the records have been read. */
  get result(): Promise<WorkflowResult> {
    return this.#result.promise
  }

  /** @internal */
  override _read(): void {
    this.#wanted?.()
    this.#wanted = undefined
    if (this.#started) return
    this.#started = true
    this.#start((record) => this.#take(record), this.#stop.signal).then(this.#result.resolve, this.#result.reject)
    this.#result.promise.then(
      () => this.push(null),
      (error: unknown) => this.destroy(error as Error),
    )
  }

  /** @internal */
  override _destroy(error: Error | null, callback: Callback): void {
    this.#stop.abort()
    this.#wanted?.()
    const closed = () => {
      callback(error)
    }
    if (!this.#started) this.#result.reject(this.#stop.signal.reason)
    // The run completes its files first.
    this.#result.promise.then(closed, closed)
  }

  #take(record: ResultRecord): void | Promise<void> {
    if (this.destroyed || this.push(record)) return
    return new Promise((resolve) => {
      this.#wanted = resolve
    })
  }
}
