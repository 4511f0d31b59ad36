/**
 * The containers of a phase as numbered groups, in struct-of-arrays form. So the statistics of a metric can be rows
 * indexed by group. Group 0 contains the records of all containers beyond the limit.
 */
import { expectCount, expectList, expectObject, malformed } from './saved-state.ts'
import {
  compareContainers,
  restoreContainer,
  restoreKey,
  saveKey,
  takesFirst,
  takesLast,
  type ContainerId,
  type KeyRange,
  type OrderKey,
} from './position.ts'

/** The group of the containers beyond the limit. */
export const OTHER = 0

/** The groups as JSON: lists indexed by group, group 0 first. */
export interface SavedGroups {
  readonly indexes: readonly number[]
  readonly iterations: readonly number[]
  readonly names: readonly (string | null)[]
  readonly counts: readonly number[]
  readonly firstKeys: readonly (OrderKey | null)[]
  readonly lastKeys: readonly (OrderKey | null)[]
}

type List = readonly unknown[]

/**
 * Assigns a group number to each container of a phase.
 *
 * Without identity, the first `maxContainers` containers get their own group. With identity, the order of arrival does
 * not matter: a container gets its own group if `(index + 1) * (iteration + 1)` is at most `maxContainers`. So every
 * container of a phase has its own group if containers times iterations do not exceed `maxContainers`. There are never
 * more than `maxContainers * (1 + ln(maxContainers))` such groups.
 */
export class GroupTable {
  /** By group: index, iteration and name of the container. See `ContainerId`. */
  readonly indexes: number[] = [-1]
  readonly iterations: number[] = [0]
  readonly names: (string | null)[] = [null]
  /** By group: number of records. */
  readonly counts: number[] = [0]
  /** By group: keys of its first and its last record. */
  readonly firstKeys: OrderKey[] = [NaN]
  readonly lastKeys: OrderKey[] = [NaN]
  /** By group: number of metrics that every record of the group has. */
  readonly denseMetrics: number[] = [0]
  readonly #maxContainers: number
  readonly #byName = new Map<string | null, number>()
  readonly #byIteration = new Map<number, Map<number, number>>()
  /**
   * By group: the group that was requested after it by name. Containers that alternate keep the same order. A lookup of
   * a new string must compute its hash first, which takes a third of the time of a record.
   */
  readonly #followers: number[] = [OTHER]
  /** The group requested last by name, and by identity. */
  #lastNamed = OTHER
  #lastIdentified = OTHER
  #order: Uint32Array | null = null

  constructor(maxContainers: number) {
    this.#maxContainers = maxContainers
  }

  /** Number of groups, including group 0. */
  get size(): number {
    return this.counts.length
  }

  /** The group of a container. It is created on the first request. */
  groupOf(index: number, iteration: number, name: string | null): number {
    return index < 0 ? this.#groupOfName(name) : this.#groupOfIdentity(index, iteration, name)
  }

  /** The container of a group. */
  containerOf(group: number): ContainerId {
    return {
      index: this.indexes[group] as number,
      iteration: this.iterations[group] as number,
      name: this.names[group] as string | null,
    }
  }

  /** The keys of the first and last record of a group. */
  keysOf(group: number): KeyRange {
    return { firstKey: this.firstKeys[group] as OrderKey, lastKey: this.lastKeys[group] as OrderKey }
  }

  /**
   * Adds `count` records of a container with the given name. `firstKey` and `lastKey` are the keys of the first and the
   * last of these records.
   */
  note(group: number, count: number, firstKey: OrderKey, lastKey: OrderKey, name: string | null): void {
    const before = this.counts[group] as number
    this.counts[group] = before + count
    if (group === OTHER) return
    if (before === 0 || takesFirst(firstKey, this.firstKeys[group] as OrderKey)) {
      this.firstKeys[group] = firstKey
      this.names[group] = name
    }
    if (before === 0 || takesLast(lastKey, this.lastKeys[group] as OrderKey)) this.lastKeys[group] = lastKey
  }

  /** All groups except {@link OTHER}, in the order of their containers. */
  inOrder(): Uint32Array {
    if (this.#order?.length !== this.size - 1) {
      const order = Uint32Array.from({ length: this.size - 1 }, (_, position) => position + 1)
      const containers = this.counts.map((_, group) => this.containerOf(group))
      this.#order = order.sort((a, b) => compareContainers(containers[a] as ContainerId, containers[b] as ContainerId))
    }
    return this.#order
  }

  toJSON(): SavedGroups {
    return {
      indexes: [...this.indexes],
      iterations: [...this.iterations],
      names: [...this.names],
      counts: [...this.counts],
      firstKeys: this.firstKeys.map(saveKey),
      lastKeys: this.lastKeys.map(saveKey),
    }
  }

  /** Restores the groups. @throws {SpillwayError} `ERR_SPILLWAY_INPUT` when the saved state is malformed */
  static fromJSON(saved: unknown, maxContainers: number): GroupTable {
    const groups = new GroupTable(maxContainers)
    const fields = expectObject(saved, 'containers')
    const [indexes, iterations, names, counts, firstKeys, lastKeys] = [
      'indexes',
      'iterations',
      'names',
      'counts',
      'firstKeys',
      'lastKeys',
    ].map((field) => expectList(fields[field], 'list of containers')) as [List, List, List, List, List, List]
    for (const [position, field] of counts.entries()) {
      const [index, iteration] = [indexes[position], iterations[position]]
      const container = restoreContainer({ index, iteration, name: names[position] })
      const group = position === 0 ? OTHER : groups.groupOf(container.index, container.iteration, container.name)
      if (group !== position) throw malformed('list of containers')
      const count = expectCount(field, 'record count')
      if (count === 0 && group !== OTHER) throw malformed('record count')
      groups.note(group, count, restoreKey(firstKeys[position]), restoreKey(lastKeys[position]), container.name)
    }
    return groups
  }

  #groupOfName(name: string | null): number {
    const expected = this.#followers[this.#lastNamed] as number
    if (expected !== OTHER && this.names[expected] === name) return (this.#lastNamed = expected)
    if (this.#lastNamed !== OTHER && this.names[this.#lastNamed] === name) return this.#lastNamed
    const group = this.#byName.get(name) ?? this.#appendNamed(name)
    if (group === OTHER) return OTHER
    this.#followers[this.#lastNamed] = group
    return (this.#lastNamed = group)
  }

  #appendNamed(name: string | null): number {
    if (this.#byName.size >= this.#maxContainers) return OTHER
    const group = this.#append(-1, 0, name)
    this.#byName.set(name, group)
    return group
  }

  #groupOfIdentity(index: number, iteration: number, name: string | null): number {
    const last = this.#lastIdentified
    if (this.indexes[last] === index && this.iterations[last] === iteration) return last
    if ((index + 1) * (iteration + 1) > this.#maxContainers) return OTHER
    let byIndex = this.#byIteration.get(iteration)
    if (byIndex === undefined) this.#byIteration.set(iteration, (byIndex = new Map<number, number>()))
    const known = byIndex.get(index)
    if (known !== undefined) return (this.#lastIdentified = known)
    const group = this.#append(index, iteration, name)
    byIndex.set(index, group)
    return (this.#lastIdentified = group)
  }

  #append(index: number, iteration: number, name: string | null): number {
    this.indexes.push(index)
    this.iterations.push(iteration)
    this.names.push(name)
    this.counts.push(0)
    this.firstKeys.push(NaN)
    this.lastKeys.push(NaN)
    this.denseMetrics.push(0)
    this.#followers.push(OTHER)
    return this.size - 1
  }
}
