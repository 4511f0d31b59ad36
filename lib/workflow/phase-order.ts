/**
 * The order of phases by their dependencies, cycles among them, and their distribution over workers. The functions are
 * pure and deterministic. They do not recurse, so that a chain of any length does not overflow the stack.
 */
import { SpillwayError } from '../core/errors.ts'
import { NumberHeap } from './number-heap.ts'
import { describeValue, expectValue, integerFrom, knownHint, type Check } from '../core/options.ts'

/** The properties of a phase that determine its place in the order. */
export interface OrderedPhase {
  /** Unique among the phases. */
  readonly name: string
  /** Names of the phases that must end before this one starts. @default [] */
  readonly depends_on?: readonly string[] | null
  /** Estimated duration, in any unit that is the same for all phases. @default 1 */
  readonly weight?: number | null
}

const phaseList: Check = {
  expected: 'a list of phases, each with a `name` and at most a list of names `depends_on`',
  accepts: (value) => Array.isArray(value) && value.every(isPhase),
}

function isPhase(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { name, depends_on } = value as { name?: unknown; depends_on?: unknown }
  return typeof name === 'string' && ((depends_on ?? null) === null || Array.isArray(depends_on))
}

/** For each phase, the indices of the phases it depends on, without duplicates. */
type Dependencies = readonly (readonly number[])[]

/**
 * The names along one cycle of dependencies, where each phase depends on the next one and the last is the first again:
 * `['a', 'b', 'a']`. Undefined if there is no cycle. Unknown dependencies are ignored.
 */
export function findCycle(phases: readonly OrderedPhase[]): readonly string[] | undefined {
  const dependencies = dependenciesOf(phases)
  const path: { readonly index: number; next: number }[] = []
  const states = new Map<number, 'on the path' | 'done'>()
  const enter = (index: number) => {
    states.set(index, 'on the path')
    path.push({ index, next: 0 })
  }
  for (const root of phases.keys()) {
    if (!states.has(root)) enter(root)
    for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
      const dependency = dependencies[step.index]?.[step.next++]
      if (dependency === undefined) {
        states.set(step.index, 'done')
        path.pop()
      } else if (states.get(dependency) === 'on the path') {
        const start = path.findIndex(({ index }) => index === dependency)
        return [...path.slice(start).map(({ index }) => index), dependency].map((index) => nameOf(phases, index))
      } else if (!states.has(dependency)) {
        enter(dependency)
      }
    }
  }
  return undefined
}

/**
 * Sorts phases topologically: each one is after the phases it depends on. Ready phases keep the order given.
 *
 * @returns a new array
 * @throws {SpillwayError} `ERR_SPILLWAY_WORKFLOW` for a duplicate name, an unknown dependency or a cycle
 */
export function orderPhases<Phase extends OrderedPhase>(phases: readonly Phase[]): Phase[] {
  return orderBy(phases, [...phases.keys()]).map((index) => phases[index] as Phase)
}

/**
 * The names of all phases that `name` depends on, directly or indirectly. A phase on a cycle is upstream of itself.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_WORKFLOW` for an unknown `name` or dependency, or a duplicate name
 */
export function upstreamOf(phases: readonly OrderedPhase[], name: string): Set<string> {
  checkNames(phases)
  const byName = new Map(phases.map((phase) => [phase.name, phase]))
  const start = byName.get(name)
  if (start === undefined) {
    throw phaseError(`There is no phase ${JSON.stringify(name)}. ${knownHint(name, [...byName.keys()])}`, name)
  }
  // Names that are added to a set during its iteration are visited as well.
  const upstream = new Set(start.depends_on ?? [])
  for (const each of upstream) for (const dependency of byName.get(each)?.depends_on ?? []) upstream.add(dependency)
  return upstream
}

/**
 * Distributes phases over workers so that the last worker ends early (list scheduling).
 *
 * Ready phases are assigned in order of decreasing weight, then in the order given. Each one is assigned to the worker
 * that can start it earliest, which depends on when its dependencies end. Ties are resolved by the smaller total
 * weight, then by the lower index. Without dependencies, the longest list is at most 4/3 of the optimum (Graham's
 * bound). Time: O(phases x workers).
 *
 * @param numWorkers - an integer from 1 up
 * @returns one list per worker, which may be empty. A worker runs its list in order, dependencies first
 * @throws {SpillwayError} `ERR_SPILLWAY_WORKFLOW` as `orderPhases`, and for a weight that is not a finite number
 *   from 0 up; `ERR_SPILLWAY_OPTION` for phases without names, or an invalid `numWorkers`
 */
export function distributePhases<Phase extends OrderedPhase>(
  phases: readonly Phase[],
  numWorkers: number,
): readonly (readonly Phase[])[] {
  expectValue('phases', phases, phaseList)
  expectValue('numWorkers', numWorkers, integerFrom(1))
  const weights = phases.map(weightOf)
  const heaviestFirst = [...phases.keys()].sort((a, b) => at(weights, b) - at(weights, a))
  const dependencies = dependenciesOf(phases)
  const workers = Array.from({ length: numWorkers }, (): Worker<Phase> => ({ phases: [], freeAt: 0, load: 0 }))
  const endsAt: number[] = []
  for (const index of orderBy(phases, heaviestFirst)) {
    let readyAt = 0
    for (const dependency of dependencies[index] ?? []) readyAt = Math.max(readyAt, at(endsAt, dependency))
    const worker = workers.reduce((best, other) => (startsBefore(other, best, readyAt) ? other : best))
    worker.freeAt = endsAt[index] = Math.max(worker.freeAt, readyAt) + at(weights, index)
    worker.load += at(weights, index)
    worker.phases.push(phases[index] as Phase)
  }
  return workers.map((worker) => worker.phases)
}

interface Worker<Phase> {
  readonly phases: Phase[]
  /** When its last phase ends. */
  freeAt: number
  /** The total weight of its phases. It is less than `freeAt` if the worker has to wait between them. */
  load: number
}

function startsBefore(worker: Worker<unknown>, other: Worker<unknown>, readyAt: number): boolean {
  const gain = Math.max(other.freeAt, readyAt) - Math.max(worker.freeAt, readyAt)
  return gain > 0 || (gain === 0 && worker.load < other.load)
}

/** The indices of the phases in topological order. Among ready phases, the one that is first in `preference`. */
function orderBy(phases: readonly OrderedPhase[], preference: readonly number[]): number[] {
  checkNames(phases)
  const dependencies = dependenciesOf(phases)
  const dependents = phases.map((): number[] => [])
  dependencies.forEach((indices, index) => indices.forEach((dependency) => dependents[dependency]?.push(index)))
  const missing = dependencies.map(({ length }) => length)
  const ranks: number[] = []
  preference.forEach((index, rank) => (ranks[index] = rank))
  const ready = new NumberHeap()
  missing.forEach((count, index) => count === 0 && ready.add(at(ranks, index)))
  const order: number[] = []
  for (let rank = ready.take(); rank !== undefined; rank = ready.take()) {
    const index = at(preference, rank)
    order.push(index)
    for (const dependent of dependents[index] ?? []) {
      missing[dependent] = at(missing, dependent) - 1
      if (missing[dependent] === 0) ready.add(at(ranks, dependent))
    }
  }
  if (order.length < phases.length) throw cycleError(findCycle(phases) ?? [])
  return order
}

/** The dependencies of each phase. Unknown ones are ignored. */
function dependenciesOf(phases: readonly OrderedPhase[]): Dependencies {
  const indices = new Map(phases.map(({ name }, index) => [name, index]))
  return phases.map(({ depends_on }) =>
    [...new Set(depends_on ?? [])].flatMap((name) => {
      const index = indices.get(name)
      return index === undefined ? [] : [index]
    }),
  )
}

/** Throws for a duplicate name and for an unknown dependency. */
function checkNames(phases: readonly OrderedPhase[]): void {
  const names = new Set<string>()
  for (const { name } of phases) {
    if (names.has(name)) throw phaseError(`Two phases are called ${JSON.stringify(name)}. Rename one of them.`, name)
    names.add(name)
  }
  for (const { name, depends_on } of phases) {
    const unknown = depends_on?.find((dependency) => !names.has(dependency))
    if (unknown === undefined) continue
    const hint = knownHint(unknown, [...names])
    throw phaseError(
      `Phase ${JSON.stringify(name)} depends on ${JSON.stringify(unknown)}, which is not a phase. ${hint}`,
      name,
    )
  }
}

function weightOf({ name, weight: given }: OrderedPhase): number {
  const weight = given ?? 1
  if (Number.isFinite(weight) && weight >= 0) return weight
  const expected = `Expected \`weight\` of phase ${JSON.stringify(name)} to be a finite number from 0 up`
  throw phaseError(`${expected}, got ${describeValue(weight)}`, name)
}

function cycleError(cycle: readonly string[]): SpillwayError {
  const path = cycle.join(' -> ')
  return phaseError(
    `Phases depend on each other in a cycle: ${path}. Remove one of these dependencies.`,
    cycle[0] ?? '',
  )
}

function phaseError(message: string, phase: string): SpillwayError {
  return new SpillwayError('ERR_SPILLWAY_WORKFLOW', message, { place: { phase } })
}

function nameOf(phases: readonly OrderedPhase[], index: number): string {
  return phases[index]?.name ?? ''
}

function at(numbers: readonly number[], index: number): number {
  return numbers[index] ?? 0
}
