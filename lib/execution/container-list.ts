/**
 * The containers of a phase as its topology lists them: pulled one by one, and checked.
 */
import { SpillwayError } from '../core/errors.ts'
import { closeIterator } from '../core/close-iterator.ts'
import type { EventLoopTurns } from './event-loop-turns.ts'
import type { IndexRanges } from '../core/index-ranges.ts'
import { Interruptible } from '../core/interruptible.ts'
import { describeValue } from '../core/options.ts'
import type { ContainerSpec, Topology, TopologyContext } from '../workflow/topology.ts'
import { ContainerIds } from './container-ids.ts'
import type { KnownContainer, KnownContainers } from './known-containers.ts'
import type { Container } from './container-run.ts'
import { throwTopologyFailure } from './topology-failure.ts'

/** What a list of containers is made from. */
interface ContainerListOptions {
  readonly topology: Topology
  readonly ctx: TopologyContext
  /** Containers to leave out, by index. */
  readonly done: IndexRanges
  readonly known: KnownContainers
  /** Notes the id of a new container. A promise it returns is awaited. */
  readonly onNew: (id: string) => Promise<void> | undefined
  /** Called for each known container that is not listed any more. An exception of it fails the list. */
  readonly onUnlisted: (container: KnownContainer) => void
  readonly turns: EventLoopTurns
}

/** The containers that a phase has to run. Memory: 16 to 32 bytes for each of up to a million ids. */
export class ContainerList {
  readonly #options: ContainerListOptions
  readonly #ids = new ContainerIds()
  #nextIndex: number

  constructor(options: ContainerListOptions) {
    this.#options = options
    this.#nextIndex = options.known.count
  }

  /**
   * The containers that are not done, in the order of the topology.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_TOPOLOGY` for a list that cannot be used; the reason of the signal
   */
  async *remaining(): AsyncGenerator<Container, void, undefined> {
    const { ctx, done, turns, known, onUnlisted } = this.#options
    using interruptible = new Interruptible(ctx.signal)
    const list = await this.#attempt(() => interruptible.wait(this.#open()))
    try {
      for (let position = 0; ; position++) {
        const item = await this.#attempt(() => interruptible.wait(Promise.resolve(list.next())))
        if (item.done === true) break
        const spec = await this.#checked(item.value, position)
        const index = await this.#indexOf(spec.id)
        if (!done.has(index)) yield { index, spec }
        else if (turns.due) await turns.take()
      }
      for await (const container of known.unlisted()) onUnlisted(container)
    } finally {
      closeIterator(list)
      known.close()
    }
  }

  /** The index of a container: the one that an earlier run gave to its id, or the next one. */
  async #indexOf(id: string): Promise<number> {
    const { known, onNew } = this.#options
    const index = known.count === 0 ? undefined : await known.indexOf(id)
    if (index !== undefined) return index
    await onNew(id)
    return this.#nextIndex++
  }

  async #open(): Promise<Iterator<unknown> | AsyncIterator<unknown>> {
    const { topology, ctx } = this.#options
    const list: unknown = await topology.containers(ctx)
    if (typeof list === 'object' && list !== null) {
      if (Symbol.asyncIterator in list) return (list as AsyncIterable<unknown>)[Symbol.asyncIterator]()
      if (Symbol.iterator in list) return (list as Iterable<unknown>)[Symbol.iterator]()
    }
    throw new TypeError(`it returned ${describeValue(list)}, not a list of containers`)
  }

  async #checked(spec: unknown, index: number): Promise<ContainerSpec> {
    const id = typeof spec === 'object' && spec !== null ? (spec as { id?: unknown }).id : undefined
    if (typeof id !== 'string' || id === '') {
      const got = id === undefined ? describeValue(spec) : `an id that is ${describeValue(id)}`
      throw this.#failure(`container ${index} must be an object with an \`id\`, a non-empty string; got ${got}`)
    }
    if (!this.#ids.add(id)) {
      const earlier = await this.#positionOf(id, index)
      if (earlier !== undefined) {
        throw this.#failure(`containers ${earlier} and ${index} have the same id ${JSON.stringify(id)}`)
      }
    }
    return spec as ContainerSpec
  }

  /** Finds an id in the list itself, because two ids may have the same hash. */
  async #positionOf(id: string, end: number): Promise<number | undefined> {
    const list = await this.#open()
    try {
      for (let index = 0; index < end; index++) {
        const item = await list.next()
        if (item.done === true) break
        if ((item.value as ContainerSpec).id === id) return index
      }
      return undefined
    } finally {
      closeIterator(list)
    }
  }

  async #attempt<Value>(work: () => Promise<Value>): Promise<Value> {
    try {
      return await work()
    } catch (cause) {
      return throwTopologyFailure(this.#options.ctx.signal, cause, (reason) => this.#failure(reason, cause))
    }
  }

  #failure(reason: string, cause?: unknown): SpillwayError {
    const { phase } = this.#options.ctx
    return new SpillwayError(
      'ERR_SPILLWAY_TOPOLOGY',
      `The list of containers of phase ${JSON.stringify(phase)} cannot be used: ${reason}.`,
      { place: { phase }, ...(cause !== undefined && { cause }) },
    )
  }
}
