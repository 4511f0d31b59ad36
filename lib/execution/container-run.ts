/**
 * Runs one container: pulls its records one by one and passes them on with their sequence numbers, until it ends, fails,
 * or is stopped.
 */
import { Readable } from 'node:stream'
import { recordsOf } from '../core/batch.ts'
import { SpillwayError } from '../core/errors.ts'
import type { EventLoopTurns } from './event-loop-turns.ts'
import { allowListeners, Interruptible } from '../core/interruptible.ts'
import { closeIterator } from '../core/close-iterator.ts'
import { describeValue } from '../core/options.ts'
import type { ResultRecord } from '../core/record.ts'
import { WaitTimeout } from './wait-timeout.ts'
import type { ContainerContext, ContainerSpec, Topology } from '../workflow/topology.ts'
import { throwTopologyFailure } from './topology-failure.ts'

/** A container and its index in its phase. */
export interface Container {
  readonly index: number
  readonly spec: ContainerSpec
}

/** Takes records and the sequence number of the first; a promise it returns is awaited before the next ones. */
type TakeRecords = (records: readonly ResultRecord[], firstSeq: number) => Promise<void> | undefined

type Source = Readable | AsyncIterable<unknown> | Iterable<unknown>

/** What a container runs with. */
interface ContainerRunOptions {
  readonly container: Container
  readonly ctx: ContainerContext
  readonly take: TakeRecords
  /** Shared by all containers of the process. */
  readonly turns: EventLoopTurns
  /** Longest time between two records; null for no limit. */
  readonly timeoutMs: number | null
}

/** One container while it runs. */
export class ContainerRun {
  readonly #container: Container
  readonly #ctx: ContainerContext
  readonly #take: TakeRecords
  readonly #turns: EventLoopTurns
  readonly #waitTimeout: WaitTimeout | undefined
  #records: number

  constructor({ container, ctx, take, turns, timeoutMs }: ContainerRunOptions) {
    this.#container = container
    this.#waitTimeout =
      timeoutMs === null
        ? undefined
        : new WaitTimeout(timeoutMs, () =>
            this.#failure(
              `it made no record for ${timeoutMs} ms. Raise \`container_timeout_ms\` if it needs that long`,
            ),
          )
    this.#ctx =
      this.#waitTimeout === undefined
        ? ctx
        : { ...ctx, signal: allowListeners(AbortSignal.any([ctx.signal, this.#waitTimeout.signal])) }
    this.#take = take
    this.#turns = turns
    this.#records = ctx.resumeFrom
  }

  /** Records passed on so far, and those before `resumeFrom`. */
  get records(): number {
    return this.#records
  }

  /**
   * Runs to the end. Records that were passed on before a failure are kept.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_CONTAINER` for what the topology throws, with the number of the record; the
   *   reason of the context's signal once that aborts; an exception of `take`, as it is
   */
  async run(topology: Topology): Promise<void> {
    using interruptible = new Interruptible(this.#ctx.signal)
    using _waitTimeout = this.#waitTimeout
    this.#waitTimeout?.begin()
    const source = await this.#start(topology, interruptible)
    if (isAsyncIterable(source)) await this.#drain(source, interruptible)
    else if (isIterable(source)) await this.#drainSync(source)
    else throw this.#failure(`it returned ${describeValue(source)}, not a stream of records`)
  }

  async #drain(source: AsyncIterable<unknown>, interruptible: Interruptible): Promise<void> {
    const iterator = source[Symbol.asyncIterator]()
    let ended = false
    try {
      for (;;) {
        this.#waitTimeout?.begin()
        const item = await this.#nextOf(iterator, interruptible)
        this.#waitTimeout?.end()
        if (item.done === true) break
        await this.#hand(item.value)
        if (this.#turns.due) await this.#turns.take()
      }
      ended = true
    } finally {
      if (!ended) stop(source, iterator)
    }
  }

  async #drainSync(source: Iterable<unknown>): Promise<void> {
    const iterator = source[Symbol.iterator]()
    let ended = false
    try {
      for (;;) {
        this.#ctx.signal.throwIfAborted()
        const item = this.#nextNow(iterator)
        if (item.done === true) break
        const wait = this.#hand(item.value)
        if (wait !== undefined) await wait
        if (this.#turns.due) await this.#turns.take()
      }
      ended = true
    } finally {
      if (!ended) stop(source, iterator)
    }
  }

  #hand(chunk: unknown): Promise<void> | undefined {
    const records = recordsOf(chunk)
    const wait = this.#take(records, this.#records)
    this.#records += records.length
    return wait
  }

  async #start(topology: Topology, interruptible: Interruptible): Promise<Source> {
    const { id, config } = this.#container.spec
    try {
      return await interruptible.wait(
        Promise.resolve(topology.run({ id, config }, this.#ctx) as Source | Promise<Source>),
      )
    } catch (cause) {
      return this.#throwFailure(cause)
    }
  }

  async #nextOf(iterator: AsyncIterator<unknown>, interruptible: Interruptible): Promise<IteratorResult<unknown>> {
    try {
      return await interruptible.wait(Promise.resolve(iterator.next()))
    } catch (cause) {
      return this.#throwFailure(cause)
    }
  }

  #nextNow(iterator: Iterator<unknown>): IteratorResult<unknown> {
    try {
      return iterator.next()
    } catch (cause) {
      return this.#throwFailure(cause)
    }
  }

  #throwFailure(cause: unknown): never {
    throwTopologyFailure(this.#ctx.signal, cause, (reason) => this.#failure(reason, cause))
  }

  #failure(reason: string, cause?: unknown): SpillwayError {
    const { phase } = this.#ctx
    const { id } = this.#container.spec
    const record = this.#records + 1
    const kept = this.#records === 0 ? '' : ` The records before it are kept.`
    return new SpillwayError(
      'ERR_SPILLWAY_CONTAINER',
      `Container ${JSON.stringify(id)} of phase ${JSON.stringify(phase)} failed at record ${record}: ${reason}.${kept}`,
      { place: { phase, container: id, record }, ...(cause !== undefined && { cause }) },
    )
  }
}

/** Closes a source before its end. */
function stop(source: object, iterator: AsyncIterator<unknown> | Iterator<unknown>): void {
  if (source instanceof Readable) {
    // It may fail again while it closes. The first failure is reported already.
    source.on('error', () => {}).destroy()
  } else closeIterator(iterator)
}

/** Whether a value is a stream, or something else that is read asynchronously. */
export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value
}
