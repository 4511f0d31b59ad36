/**
 * The order of phases: which come before which, where they depend on each other in a circle, and how they are spread
 * over workers. Pure functions that give the same result for the same phases, without recursion, so that a chain of
 * any length will do.
 */
import { SpillwayError } from '../core/errors.ts'
import { NumberHeap } from '../core/number-heap.ts'
import { describeValue, expectValue, integerFrom, knownHint } from '../core/options.ts'

/** What of a phase decides on its place. */
export interface OrderedPhase {
  /** Unique among the phases. */
  readonly name: string
  /** Names of the phases that must have ended before. @default [] */
  readonly depends_on?: readonly string[] | null
  /** How long it takes, in any unit, as long as it is the same for all. @default 1 */
  readonly weight?: number | null
}

/** For each phase, the indices of those it depends on, each once. */
type Dependencies = readonly (readonly number[])[]

/**
 * The names along one cycle of dependencies, each depending on the next, the first again at the end: `['a', 'b', 'a']`.
 * Undefined when there is none. Dependencies that are no phase are left out of account.
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
 * The phases, each behind those it depends on. Among phases that are ready, the order given is kept.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_WORKFLOW` when two phases have one name, or phases depend on something that
 *   is none or on each other in a cycle
 */
export function orderPhases<Phase extends OrderedPhase>(phases: readonly Phase[]): Phase[] {
  return orderBy(phases, [...phases.keys()]).map((index) => phases[index] as Phase)
}

/**
 * The names of all phases that `name` depends on, directly or through others. A phase on a cycle is among its own.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_WORKFLOW` when `name` or a dependency is no phase, or two phases have one name
 */
export function upstreamOf(phases: readonly OrderedPhase[], name: string): Set<string> {
  expectWhole(phases)
  const byName = new Map(phases.map((phase) => [phase.name, phase]))
  const start = byName.get(name)
  if (start === undefined) {
    throw wrong(`There is no phase ${JSON.stringify(name)}. ${knownHint(name, [...byName.keys()])}`, name)
  }
  // A set hands out what is added to it while it is walked.
  const upstream = new Set(start.depends_on ?? [])
  for (const each of upstream) for (const dependency of byName.get(each)?.depends_on ?? []) upstream.add(dependency)
  return upstream
}

/**
 * Spreads phases over workers, so that the last one to end ends early: one list per worker, to be run from its start
 * to its end, in which dependencies come before what depends on them. Ready phases are taken in order of decreasing
 * weight, then as given; each goes to the worker that can start it earliest, going by when its dependencies end, then
 * to the one with the least to do, then to the first. Without dependencies the longest list is at most 4/3 of the
 * shortest possible one (Graham's bound). Costs a look at every worker for each phase.
 *
 * @param numWorkers - from 1; there are as many lists, some perhaps empty
 * @throws {SpillwayError} `ERR_SPILLWAY_WORKFLOW` as `orderPhases` does, and for a weight that is no finite
 *   number from 0 up; `ERR_SPILLWAY_OPTION` for another number of workers
 */
export function distributePhases<Phase extends OrderedPhase>(
  phases: readonly Phase[],
  numWorkers: number,
): readonly (readonly Phase[])[] {
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
  /** The weight of its phases; less than `freeAt` when it has to wait between them. */
  load: number
}

function startsBefore(worker: Worker<unknown>, other: Worker<unknown>, readyAt: number): boolean {
  const gain = Math.max(other.freeAt, readyAt) - Math.max(worker.freeAt, readyAt)
  return gain > 0 || (gain === 0 && worker.load < other.load)
}

/** Indices of the phases, each behind its dependencies; among those ready, the one that `preference` has first. */
function orderBy(phases: readonly OrderedPhase[], preference: readonly number[]): number[] {
  expectWhole(phases)
  const dependencies = dependenciesOf(phases)
  const dependents = phases.map((): number[] => [])
  dependencies.forEach((those, index) => those.forEach((dependency) => dependents[dependency]?.push(index)))
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

/** Dependencies that are no phase are left out. */
function dependenciesOf(phases: readonly OrderedPhase[]): Dependencies {
  const indices = new Map(phases.map(({ name }, index) => [name, index]))
  return phases.map(({ depends_on }) =>
    [...new Set(depends_on ?? [])].flatMap((name) => {
      const index = indices.get(name)
      return index === undefined ? [] : [index]
    }),
  )
}

/** Refuses names that two phases have, and dependencies that no phase has. */
function expectWhole(phases: readonly OrderedPhase[]): void {
  const names = new Set<string>()
  for (const { name } of phases) {
    if (names.has(name)) throw wrong(`Two phases are called ${JSON.stringify(name)}. Rename one of them.`, name)
    names.add(name)
  }
  for (const { name, depends_on } of phases) {
    const unknown = depends_on?.find((dependency) => !names.has(dependency))
    if (unknown === undefined) continue
    const hint = knownHint(unknown, [...names])
    throw wrong(`Phase ${JSON.stringify(name)} depends on ${JSON.stringify(unknown)}, which is no phase. ${hint}`, name)
  }
}

function weightOf({ name, weight: given }: OrderedPhase): number {
  const weight = given ?? 1
  if (Number.isFinite(weight) && weight >= 0) return weight
  const expected = `Expected \`weight\` of phase ${JSON.stringify(name)} to be a finite number from 0 up`
  throw wrong(`${expected}, got ${describeValue(weight)}`, name)
}

function cycleError(cycle: readonly string[]): SpillwayError {
  const path = cycle.join(' -> ')
  return wrong(`Phases wait for each other in a cycle: ${path}. Take out one of these dependencies.`, cycle[0] ?? '')
}

function wrong(message: string, phase: string): SpillwayError {
  return new SpillwayError('ERR_SPILLWAY_WORKFLOW', message, { place: { phase } })
}

function nameOf(phases: readonly OrderedPhase[], index: number): string {
  return phases[index]?.name ?? ''
}

function at(numbers: readonly number[], index: number): number {
  return numbers[index] ?? 0
}
