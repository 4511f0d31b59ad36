/**
 * Runs the containers of one phase into its stream graph: up to `concurrency` of them at once, pulled one by one from
 * the topology's lazy list.
 */
import type { Writable } from 'node:stream'
import { ContainerIds } from './container-ids.ts'
import { ContainerRun, type Container } from './container-run.ts'
import { containerEnded, containerStarted } from './core/diagnostics.ts'
import { messageOf, SpillwayError } from './core/errors.ts'
import { EventLoopTurns } from './core/event-loop-turns.ts'
import { IndexRanges } from './core/index-ranges.ts'
import { Interruptible } from './core/interruptible.ts'
import { letGo } from './core/let-go.ts'
import { describeValue } from './core/options.ts'
import { isRecord, type ResolvedFieldNames, type ResultRecord } from './core/record.ts'
import { PhaseFeed } from './phase-feed.ts'
import type { ContainerSpec, Topology, TopologyContext } from './topology.ts'

/** Receives each record as it is accepted, its phase and container filled in. A promise it returns is awaited. */
export type ResultCallback = (record: ResultRecord) => void | Promise<void>

/** What a phase runs with. */
export interface PhaseRunOptions {
  readonly topology: Topology
  /** The context of the phase, but for the signal. */
  readonly ctx: TopologyContext
  /** The stream graph. */
  readonly sink: Writable
  /** Containers at once. */
  readonly concurrency: number
  readonly fields: ResolvedFieldNames
  readonly resultCallback: ResultCallback | undefined
}

/** The containers of one phase while they run. */
export class PhaseRun {
  readonly #options: PhaseRunOptions
  readonly #feed: PhaseFeed
  readonly #stop = new AbortController()
  readonly #ctx: TopologyContext
  readonly #turns = new EventLoopTurns()
  readonly #ids = new ContainerIds()
  readonly #done = new IndexRanges()

  constructor(options: PhaseRunOptions) {
    this.#options = options
    this.#feed = new PhaseFeed(options.sink)
    // One failed container stops the others.
    this.#ctx = { ...options.ctx, signal: AbortSignal.any([options.ctx.signal, this.#stop.signal]) }
  }

  /** The containers that have ended well, by index. */
  get done(): IndexRanges {
    return this.#done
  }

  /** Records accepted. */
  get records(): number {
    return this.#feed.records
  }

  /**
   * Runs all containers, and completes the phase's files whatever happens: what was accepted is in them.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_CONTAINER`, `ERR_SPILLWAY_TOPOLOGY`; the reason of the signal; what failed the
   *   stream graph. The first failure stops all containers.
   */
  async run(): Promise<void> {
    const containers = this.#containers()
    const workers = Array.from({ length: this.#options.concurrency }, () => this.#work(containers))
    const outcomes = await Promise.allSettled(workers)
    letGo(containers)
    // Failures of the stream graph come first: all others follow from them.
    await this.#feed.end()
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed !== undefined) throw this.#stop.signal.reason
  }

  /** Runs container after container, until there is none left. */
  async #work(containers: AsyncIterator<Container>): Promise<void> {
    try {
      for (;;) {
        const next = await containers.next()
        if (next.done === true) break
        await this.#runContainer(next.value)
        if (this.#turns.due) await this.#turns.take()
      }
    } catch (error) {
      this.#stop.abort(error)
      throw error
    }
  }

  async #runContainer(container: Container): Promise<void> {
    const { workflowId, phase } = this.#ctx
    const { index, spec } = container
    const about = { workflowId, phase, container: spec.id, index }
    const run = new ContainerRun(container, this.#ctx, this.#taker(container), this.#turns)
    containerStarted.publish(about)
    try {
      await run.run(this.#options.topology)
    } catch (error) {
      containerEnded.publish({ ...about, records: run.records, error })
      throw error
    }
    this.#done.add(index)
    containerEnded.publish({ ...about, records: run.records, error: undefined })
  }

  /** Takes the records of a container: fills in what they lack, shows them to the callback, and feeds them. */
  #taker({ index, spec }: Container) {
    const { fields, resultCallback, ctx } = this.#options
    const identity = { count: 0, containerIndex: index, iteration: 0, attempt: 1 }
    return (records: readonly ResultRecord[], firstSeq: number): Promise<void> | undefined => {
      const complete = records.map((record) => completeRecord(record, fields, ctx.phase, spec.id))
      const segment = { ...identity, firstSeq }
      if (resultCallback === undefined) return this.#feed.add(complete, segment)
      return showEach(complete, resultCallback).then(() => this.#feed.add(complete, segment))
    }
  }

  /** The containers as the topology lists them, one by one, checked. */
  async *#containers(): AsyncGenerator<Container, void, undefined> {
    using interruptible = new Interruptible(this.#ctx.signal)
    const list = await this.#ofTopology(() => interruptible.wait(this.#listOf(this.#options.topology)))
    try {
      for (let index = 0; ; index++) {
        const item = await this.#ofTopology(() => interruptible.wait(Promise.resolve(list.next())))
        if (item.done === true) return
        yield { index, spec: await this.#checked(item.value, index) }
      }
    } finally {
      letGo(list)
    }
  }

  async #listOf(topology: Topology): Promise<Iterator<unknown> | AsyncIterator<unknown>> {
    const list: unknown = await topology.containers(this.#ctx)
    if (typeof list === 'object' && list !== null) {
      if (Symbol.asyncIterator in list) return (list as AsyncIterable<unknown>)[Symbol.asyncIterator]()
      if (Symbol.iterator in list) return (list as Iterable<unknown>)[Symbol.iterator]()
    }
    throw new TypeError(`it returned ${describeValue(list)} in place of a list of containers`)
  }

  async #checked(spec: unknown, index: number): Promise<ContainerSpec> {
    const id = typeof spec === 'object' && spec !== null ? (spec as { id?: unknown }).id : undefined
    if (typeof id !== 'string' || id === '') {
      const got = id === undefined ? describeValue(spec) : `an id that is ${describeValue(id)}`
      throw this.#failure(`container ${index} must be an object with an \`id\`, a non-empty string; got ${got}`)
    }
    if (!this.#ids.add(id)) {
      const earlier = await this.#indexOf(id, index)
      if (earlier !== undefined) {
        throw this.#failure(`containers ${earlier} and ${index} have the same id ${JSON.stringify(id)}`)
      }
    }
    return spec as ContainerSpec
  }

  /** Looks an id up in the list itself, as two ids may share a hash. */
  async #indexOf(id: string, end: number): Promise<number | undefined> {
    const list = await this.#listOf(this.#options.topology)
    try {
      for (let index = 0; index < end; index++) {
        const item = await list.next()
        if (item.done === true) break
        if ((item.value as ContainerSpec).id === id) return index
      }
      return undefined
    } finally {
      letGo(list)
    }
  }

  async #ofTopology<Value>(work: () => Promise<Value>): Promise<Value> {
    try {
      return await work()
    } catch (cause) {
      this.#ctx.signal.throwIfAborted()
      throw this.#failure(messageOf(cause), cause)
    }
  }

  #failure(reason: string, cause?: unknown): SpillwayError {
    const { phase } = this.#ctx
    return new SpillwayError(
      'ERR_SPILLWAY_TOPOLOGY',
      `The list of containers of phase ${JSON.stringify(phase)} cannot be used: ${reason}.`,
      { place: { phase }, ...(cause !== undefined && { cause }) },
    )
  }
}

/** The record with the fields it lacks; the record itself where there is nothing to add, or it is no plain object. */
function completeRecord(record: ResultRecord, fields: ResolvedFieldNames, phase: string, id: string): ResultRecord {
  if (!isRecord(record)) return record
  const hasPhase = (record[fields.phase] ?? null) !== null
  const hasContainer = (record[fields.container] ?? null) !== null
  if (hasPhase && hasContainer) return record
  const prototype: unknown = Object.getPrototypeOf(record)
  if (prototype !== Object.prototype && prototype !== null) return record
  const complete: Record<string, unknown> = { [fields.phase]: phase, [fields.container]: id, ...record }
  if (!hasPhase) complete[fields.phase] = phase
  if (!hasContainer) complete[fields.container] = id
  return complete
}

async function showEach(records: readonly ResultRecord[], callback: ResultCallback): Promise<void> {
  for (const record of records) await callback(record)
}
