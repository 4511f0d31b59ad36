/**
 * Runs one container: pulls its records one by one and hands them over with their sequence numbers, until it ends,
 * fails, or is stopped.
 */
import { Readable } from 'node:stream'
import { recordsOf } from '../core/batch.ts'
import { messageOf, SpillwayError } from '../core/errors.ts'
import type { EventLoopTurns } from '../core/event-loop-turns.ts'
import { Interruptible } from '../core/interruptible.ts'
import { closeIterator } from '../core/close-iterator.ts'
import { describeValue } from '../core/options.ts'
import type { ResultRecord } from '../core/record.ts'
import { WaitTimeout } from '../core/wait-timeout.ts'
import type { ContainerContext, ContainerSpec, Topology } from '../workflow/topology.ts'

/** A container and its place among those of its phase. */
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
  /** How long it may take to make a record; null for as long as it likes. */
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
        : { ...ctx, signal: AbortSignal.any([ctx.signal, this.#waitTimeout.signal]) }
    this.#take = take
    this.#turns = turns
    this.#records = ctx.resumeFrom
  }

  /** Records handed over so far, and those before `resumeFrom`. */
  get records(): number {
    return this.#records
  }

  /**
   * Runs to the end. What was handed over before a failure stays so.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_CONTAINER` for what the topology throws, with the number of the record; the
   *   reason of the context's signal once that aborts; what the taker throws, as it is
   */
  async run(topology: Topology): Promise<void> {
    using interruptible = new Interruptible(this.#ctx.signal)
    using _waitTimeout = this.#waitTimeout
    this.#waitTimeout?.begin()
    const source = await this.#ofTopology(() => {
      const { id, config } = this.#container.spec
      return interruptible.wait(Promise.resolve(topology.run({ id, config }, this.#ctx) as Source | Promise<Source>))
    })
    if (isAsyncIterable(source)) await this.#drain(source, interruptible)
    else if (isIterable(source)) await this.#drainSync(source)
    else throw this.#failure(`it returned ${describeValue(source)} in place of a stream of records`)
  }

  async #drain(source: AsyncIterable<unknown>, interruptible: Interruptible): Promise<void> {
    const iterator = source[Symbol.asyncIterator]()
    let ended = false
    try {
      for (;;) {
        this.#waitTimeout?.begin()
        const item = await this.#ofTopology(() => interruptible.wait(Promise.resolve(iterator.next())))
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
        const item = this.#callTopology(() => iterator.next())
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

  async #ofTopology<Value>(work: () => Promise<Value>): Promise<Value> {
    try {
      return await work()
    } catch (cause) {
      this.#ctx.signal.throwIfAborted()
      throw this.#failure(messageOf(cause), cause)
    }
  }

  #callTopology<Value>(work: () => Value): Value {
    try {
      return work()
    } catch (cause) {
      this.#ctx.signal.throwIfAborted()
      throw this.#failure(messageOf(cause), cause)
    }
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

/** Lets a source go before its end. */
function stop(source: object, iterator: AsyncIterator<unknown> | Iterator<unknown>): void {
  if (source instanceof Readable) {
    // It may fail again on its way out; there is nobody left to tell.
    source.on('error', () => {}).destroy()
  } else closeIterator(iterator)
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value
}
