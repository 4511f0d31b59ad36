/**
 * The containers of an earlier run, found by their ids: a topology may list them in another order now, with others
 * between them.
 */
import { closeIterator } from '../core/close-iterator.ts'
import { SpillwayError } from '../core/errors.ts'

/** The most ids that are looked up in memory at once. */
const MAX_LOOKED_UP = 1_000_000

/** A container of an earlier run. */
export interface KnownContainer {
  readonly index: number
  readonly id: string
}

/**
 * Finds the index of a container by its id. While the list is the same as before, ids are compared in step, without
 * memory. From the first difference on, the ids that follow are looked up: about 100 bytes each, for up to a million.
 */
export class KnownContainers {
  /** Number of the containers; new ones have indices from here on. */
  readonly count: number
  readonly #phase: string
  readonly #ids: AsyncIterator<string>
  #next = 0
  /** The ids that were not listed yet, from the first difference on; undefined before it. */
  #unlisted: Map<string, number> | undefined

  /** @param ids - the ids, in the order of their indices */
  constructor(phase: string, count: number, ids: AsyncIterator<string>) {
    this.#phase = phase
    this.count = count
    this.#ids = ids
  }

  /**
   * The index of a container that an earlier run had; undefined for a new one. Each id is asked for once.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_NONDETERMINISTIC` when too many ids would be looked up; `ERR_SPILLWAY_JOURNAL`
   */
  async indexOf(id: string): Promise<number | undefined> {
    if (this.#unlisted === undefined) {
      const next = await this.#ids.next()
      if (next.done === true) return undefined
      const index = this.#next++
      if (next.value === id) return index
      this.#unlisted = new Map([[next.value, index]])
      await this.#lookUpRest(this.#unlisted)
    }
    const index = this.#unlisted.get(id)
    this.#unlisted.delete(id)
    return index
  }

  /** The containers that were not asked for, when all that the topology lists were. */
  async *unlisted(): AsyncGenerator<KnownContainer, void, undefined> {
    for (const [id, index] of this.#unlisted ?? []) yield { index, id }
    if (this.#unlisted !== undefined) return
    for (let next = await this.#ids.next(); next.done !== true; next = await this.#ids.next()) {
      yield { index: this.#next++, id: next.value }
    }
  }

  /** Releases the source of the ids, also before its end. */
  close(): void {
    closeIterator(this.#ids)
  }

  async #lookUpRest(ids: Map<string, number>): Promise<void> {
    for (let next = await this.#ids.next(); next.done !== true; next = await this.#ids.next()) {
      ids.set(next.value, this.#next++)
      if (ids.size <= MAX_LOOKED_UP) continue
      throw new SpillwayError(
        'ERR_SPILLWAY_NONDETERMINISTIC',
        `The containers of phase ${JSON.stringify(this.#phase)} are listed in another order than before, and there are more than ${MAX_LOOKED_UP}. List the same ones in the same order, with new ones at the end, or run the phase again with --accept-changes ${this.#phase}.`,
        { place: { phase: this.#phase } },
      )
    }
  }
}
