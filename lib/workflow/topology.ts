/**
 * A topology: what a phase computes. It names the phase's containers, makes the records of each, and says what later
 * phases receive.
 */
import type { Readable } from 'node:stream'
import type { PhaseSummary } from '../../transforms/aggregate/summary-types.ts'
import { SpillwayError } from '../core/errors.ts'
import { describeValue, knownHint } from '../core/options.ts'
import type { PhaseReference } from '../outputs/reference.ts'

/** One container of a phase. Plain data, so that it can run in another thread or on another machine. */
export interface ContainerSpec<Config = unknown> {
  /** Unique within the phase. */
  readonly id: string
  /** What the container is about: parameters, a slice of the data, a seed. */
  readonly config?: Config
}

/** What a topology is told. */
export interface TopologyContext {
  /** Id of the run. */
  readonly workflowId: string
  /** Name of the phase. */
  readonly phase: string
  /**
   * The phase's `config`, with `<phase>_results` for each phase it depends on and `inherited_data` for the one it
   * inherits from; both are references.
   */
  readonly config: Readonly<Record<string, unknown>>
  /** What each phase it depends on has left behind, by the name of that phase. */
  readonly inputs: Readonly<Record<string, PhaseReference>>
  /** Aborts when the run is to stop. */
  readonly signal: AbortSignal
}

/** What a topology is told when it is to run a container. */
export interface ContainerContext extends TopologyContext {
  /**
   * How many of the container's records are in the files already: those of an earlier run of it, where the topology is
   * `resumable`; else 0.
   */
  readonly resumeFrom: number
}

/** What a topology is told when all its containers have ended. */
export interface OutputContext extends TopologyContext {
  /** The phase's records as they are in its files. */
  readonly results: PhaseReference
  /** The phase's aggregates. */
  readonly aggregates: PhaseSummary
}

/** What a phase computes. Any object with these methods will do; {@link defineTopology} only adds types. */
export interface Topology<Config = unknown> {
  /**
   * The containers, in an order that is always the same. They are pulled one by one as the phase gets to them, so
   * there may be any number.
   */
  containers(ctx: TopologyContext): MaybePromise<Iterable<ContainerSpec<Config>> | AsyncIterable<ContainerSpec<Config>>>
  /**
   * The records of a container, or arrays of them, in an order that is always the same. When a run is resumed, a
   * container that was not done is run again, and what is in the files already is left out.
   */
  run(
    spec: Required<ContainerSpec<Config>>,
    ctx: ContainerContext,
  ): MaybePromise<Readable | AsyncIterable<object> | Iterable<object>>
  /**
   * Whether `run` begins behind the first `ctx.resumeFrom` records of a container, so that a resumed container need not
   * make those again. @default false
   */
  readonly resumable?: boolean
  /**
   * What later phases receive: a value, or a stream of rows (a Readable or a generator). Without it they receive
   * `{ results, aggregates }`.
   */
  output?(ctx: OutputContext): unknown
}

type MaybePromise<Value> = Value | Promise<Value>

/**
 * Returns `topology` as it is, with the types filled in.
 *
 * @example
 * export const optimization = defineTopology({
 *   *containers() {
 *     for (let period = 2; period < 50; period++) yield { id: `period=${period}`, config: { period } }
 *   },
 *   *run({ config }) {
 *     yield { result: { metrics: { sharpe_ratio: backtest(config.period) } } }
 *   },
 * })
 */
export function defineTopology<Config>(topology: Topology<Config>): Topology<Config> {
  return topology
}

/** Topologies by the names that workflows know them by, checked. */
export class Topologies {
  readonly #byName: ReadonlyMap<string, Topology>

  /** @throws {SpillwayError} `ERR_SPILLWAY_TOPOLOGY` for one that lacks its methods */
  constructor(topologies: Readonly<Record<string, Topology>>) {
    this.#byName = new Map(Object.entries(topologies))
    for (const [name, topology] of this.#byName) checkTopology(name, topology)
  }

  get names(): string[] {
    return [...this.#byName.keys()]
  }

  /** @throws {SpillwayError} `ERR_SPILLWAY_TOPOLOGY` when there is none of this name */
  get(name: string): Topology {
    const topology = this.#byName.get(name)
    if (topology !== undefined) return topology
    throw unusable(`No topology is registered as \`${name}\`. ${knownHint(name, this.names)}`)
  }
}

/** Whether `value` has the methods of a topology. */
export function isTopology(value: unknown): value is Topology {
  return missingMethod(value) === undefined
}

/** @throws {SpillwayError} `ERR_SPILLWAY_TOPOLOGY` for what lacks the methods of a topology */
export function checkTopology(name: string, topology: unknown): void {
  const missing = missingMethod(topology)
  if (missing === undefined) return
  const got = typeof topology === 'object' && topology !== null ? 'it has none' : `got ${describeValue(topology)}`
  throw unusable(`The topology \`${name}\` must have ${missing}; ${got}`)
}

function missingMethod(topology: unknown): string | undefined {
  const { containers, run, output } = (topology ?? {}) as { readonly [Key in keyof Topology]?: unknown }
  if (typeof containers !== 'function') return 'a method `containers(ctx)`'
  if (typeof run !== 'function') return 'a method `run(spec, ctx)`'
  if (output !== undefined && typeof output !== 'function') return 'a function as `output(ctx)`, or none'
  return undefined
}

function unusable(message: string): SpillwayError {
  return new SpillwayError('ERR_SPILLWAY_TOPOLOGY', message)
}
