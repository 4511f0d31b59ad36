/**
 * A Readable of the records of a run.
 */
import { Readable } from 'node:stream'
import { makeDeferred, type Deferred } from '../core/deferred.ts'
import type { ResultRecord, TypedReadable } from '../core/record.ts'
import type { Callback } from '../core/settle-callback.ts'
import type { ResultCallback } from '../execution/container-intake.ts'
import type { WorkflowResult } from './result.ts'

/** Runs the workflow until it ends or the signal aborts. */
type StartRun = (resultCallback: ResultCallback, signal: AbortSignal) => Promise<WorkflowResult>

const HIGH_WATER_MARK = 100

/**
 * A Readable of the accepted records of all phases of a run, each with its phase and container. The run starts with the
 * first read, and its speed is limited by the reader. It also writes its files as usual. Ending the stream early (with
 * `break` or `destroy`) stops the run. The stream emits `close` when the run has completed its files.
 */
export type WorkflowStream<Row extends object = ResultRecord> = TypedReadable<Row> & {
  /**
   * The result of the run, as `executeWorkflow` returns it. It settles after the records have been read. Rejects when
   * the run fails or is stopped, and when the stream is destroyed before the first read.
   */
  readonly result: Promise<WorkflowResult>
}

/** Makes a {@link WorkflowStream}. */
export class RecordStream extends Readable {
  readonly #start: StartRun
  readonly #stop = new AbortController()
  readonly #result = makeDeferred<WorkflowResult>()
  #started = false
  /** Resolves when the reader wants more: every container that waits continues then. Undefined while none waits. */
  #wanted: Deferred<void> | undefined

  constructor(start: StartRun) {
    super({ objectMode: true, highWaterMark: HIGH_WATER_MARK })
    this.#start = start
  }

  get result(): Promise<WorkflowResult> {
    return this.#result.promise
  }

  /** @internal */
  override _read(): void {
    this.#resumeContainers()
    if (this.#started) return
    this.#started = true
    this.#start((record) => this.#pushRecord(record), this.#stop.signal).then(this.#result.resolve, this.#result.reject)
    this.#result.promise.then(
      () => this.push(null),
      (error: unknown) => this.destroy(error as Error),
    )
  }

  /** @internal */
  override _destroy(error: Error | null, callback: Callback): void {
    this.#stop.abort()
    this.#resumeContainers()
    const closed = () => {
      callback(error)
    }
    if (!this.#started) this.#result.reject(this.#stop.signal.reason)
    // The stream closes after the run has completed its files.
    this.#result.promise.then(closed, closed)
  }

  #pushRecord(record: ResultRecord): void | Promise<void> {
    if (this.destroyed || this.push(record)) return
    this.#wanted ??= makeDeferred()
    return this.#wanted.promise
  }

  #resumeContainers(): void {
    this.#wanted?.resolve()
    this.#wanted = undefined
  }
}
