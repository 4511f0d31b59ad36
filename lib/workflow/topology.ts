/**
 * A topology defines what a phase computes: its containers, the records of each container, and the output for later
 * phases.
 */
import type { Readable } from 'node:stream'
import type { PhaseSummary } from '../../transforms/aggregate/summary-types.ts'
import { SpillwayError } from '../core/errors.ts'
import { describeValue, knownHint } from '../core/options.ts'
import type { PhaseReference } from '../outputs/reference.ts'

/** One container of a phase. It is plain data, so that it can run in another thread or on another machine. */
export interface ContainerSpec<Config = unknown> {
  /** Unique within the phase. */
  readonly id: string
  /** The input of the container: parameters, a slice of the data, a seed. @default undefined */
  readonly config?: Config
}

/** The context that the methods of a topology receive. */
export interface TopologyContext {
  /** Id of the run. */
  readonly workflowId: string
  /** Name of the phase. */
  readonly phase: string
  /**
   * The `config` of the phase. It also has `<phase>_results` for each phase that it depends on, and `inherited_data`
   * for the phase that it inherits from. Both are references.
   */
  readonly config: Readonly<Record<string, unknown>>
  /** The outputs of the phases that it depends on, by the name of the phase. */
  readonly inputs: Readonly<Record<string, PhaseReference>>
  /** Aborts when the run must stop. */
  readonly signal: AbortSignal
}

/** The context of `run`. */
export interface ContainerContext extends TopologyContext {
  /**
   * The number of records of this container that are already in the files from an earlier attempt. It is always 0 if
   * the topology is not `resumable`.
   */
  readonly resumeFrom: number
}

/** The context of `output`, which is called after all containers have ended. */
export interface OutputContext extends TopologyContext {
  /** A reference to the records of the phase, as written to its files. */
  readonly results: PhaseReference
  /** The aggregates of the phase. */
  readonly aggregates: PhaseSummary
}

/** What a phase computes. Any object with these methods is a topology; {@link defineTopology} only adds types. */
export interface Topology<Config = unknown> {
  /**
   * The containers, the same ones with the same ids each time. They are pulled one by one, when the phase starts the next one, so that
   * there may be any number of them.
   */
  containers(ctx: TopologyContext): MaybePromise<Iterable<ContainerSpec<Config>> | AsyncIterable<ContainerSpec<Config>>>
  /**
   * The records of a container, or arrays of records, always in the same order. When a run is resumed, an incomplete
   * container runs again. Its records that are already in the files are not written twice.
   */
  run(
    spec: Required<ContainerSpec<Config>>,
    ctx: ContainerContext,
  ): MaybePromise<Readable | AsyncIterable<object> | Iterable<object>>
  /**
   * Whether `run` skips the first `ctx.resumeFrom` records of a container, so that a resumed container does not make
   * them again.
   *
   * @default false
   */
  readonly resumable?: boolean
  /**
   * The output that later phases receive: a value, or a stream of rows (a Readable or a generator).
   *
   * @default later phases receive `{ results, aggregates }`
   */
  output?(ctx: OutputContext): unknown
}

type MaybePromise<Value> = Value | Promise<Value>

/**
 * Returns `topology` unchanged. It infers the types of the methods and the container configuration.
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

/** The registered topologies, checked, by the names that workflows use. */
export class Topologies {
  readonly #byName: ReadonlyMap<string, Topology>

  /** @throws {SpillwayError} `ERR_SPILLWAY_TOPOLOGY` if a topology lacks a method */
  constructor(topologies: Readonly<Record<string, Topology>>) {
    this.#byName = new Map(Object.entries(topologies))
    for (const [name, topology] of this.#byName) checkTopology(name, topology)
  }

  get names(): string[] {
    return [...this.#byName.keys()]
  }

  /** @throws {SpillwayError} `ERR_SPILLWAY_TOPOLOGY` if no topology has this name */
  get(name: string): Topology {
    const topology = this.#byName.get(name)
    if (topology !== undefined) return topology
    throw topologyError(`No topology is registered as \`${name}\`. ${knownHint(name, this.names)}`)
  }
}

/** Whether `value` has the methods of a topology. */
export function isTopology(value: unknown): value is Topology {
  return missingMethod(value) === undefined
}

/** @throws {SpillwayError} `ERR_SPILLWAY_TOPOLOGY` if `topology` lacks a method of a topology */
export function checkTopology(name: string, topology: unknown): void {
  const missing = missingMethod(topology)
  if (missing === undefined) return
  const got = typeof topology === 'object' && topology !== null ? 'it has none' : `got ${describeValue(topology)}`
  throw topologyError(`The topology \`${name}\` must have ${missing}; ${got}`)
}

function missingMethod(topology: unknown): string | undefined {
  const { containers, run, output } = (topology ?? {}) as { readonly [Key in keyof Topology]?: unknown }
  if (typeof containers !== 'function') return 'a method `containers(ctx)`'
  if (typeof run !== 'function') return 'a method `run(spec, ctx)`'
  if (output !== undefined && typeof output !== 'function') return 'a function as `output(ctx)`, or none'
  return undefined
}

function topologyError(message: string): SpillwayError {
  return new SpillwayError('ERR_SPILLWAY_TOPOLOGY', message)
}
