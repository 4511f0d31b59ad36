/**
 * Runs a topology in memory, for its unit test.
 */
import type { ResultRecord } from '../core/record.ts'
import type { Rejection } from '../core/rejection.ts'
import { plainObject, resolveOptions, type Checks } from '../core/options.ts'
import { PhaseExecution } from '../execution/phase-execution.ts'
import type { PhaseReference } from '../outputs/reference.ts'
import { resolveWorkflow } from '../workflow/resolve.ts'
import { Topologies, type ContainerSpec, type Topology } from '../workflow/topology.ts'
import type { ResolvedPhase } from '../workflow/types.ts'
import { MemoryRun } from './memory-run.ts'

/** Options of {@link testTopology}. */
export interface TestTopologyOptions {
  /** The configuration of the phase. @default {} */
  readonly config?: Readonly<Record<string, unknown>>
  /**
   * The outputs of the phases that the topology depends on, by the names of these phases: values, or arrays of rows. The
   * topology receives references to them, as in a run.
   *
   * @default {}
   */
  readonly inputs?: Readonly<Record<string, unknown>>
}

/** What a topology has made. */
export interface TestedTopology {
  /** The records of all containers as later phases read them, with phase and container filled in. */
  readonly records: readonly ResultRecord[]
  /** The records that a run would reject, with the reasons. */
  readonly rejections: readonly Rejection[]
  /** The containers that were run, in their order. */
  readonly containers: readonly ContainerSpec[]
  /** What later phases load with `get()`: the output, or `{ results, aggregates }` without one. */
  readonly output: unknown
}

const checks: Checks<TestTopologyOptions> = { config: plainObject, inputs: plainObject }

/** The name of the phase, unless an input has it. */
const PHASE = 'tested'

/**
 * Runs all containers of a topology in memory, one after the other, and makes its output. The code is that of a run, but no
 * file is written. Memory: all records.
 *
 * @example
 * const { records, output } = await testTopology(search, { config: { periods: [5, 20] }, inputs: { prices: rows } })
 * assert.equal(records.length, 2)
 *
 * @throws {SpillwayError} as a run does: `ERR_SPILLWAY_TOPOLOGY`, `ERR_SPILLWAY_CONTAINER`, with the error of the topology
 *   as the cause; `ERR_SPILLWAY_OUTPUT` for an input that cannot be stored; `ERR_SPILLWAY_WORKFLOW` for a name of an input
 *   that no phase can have
 */
export async function testTopology<Config>(
  topology: Topology<Config>,
  given: TestTopologyOptions = {},
): Promise<TestedTopology> {
  const defaults = { config: {}, inputs: {} }
  const { config, inputs } = resolveOptions<TestTopologyOptions, typeof defaults>(
    'testTopology',
    given,
    checks,
    defaults,
  )
  const names = Object.keys(inputs)
  const workflow = resolveWorkflow({
    phases: [
      ...names.map((name) => ({ name, topology: PHASE })),
      { name: PHASE, topology: PHASE, depends_on: names, config },
    ],
  })
  const containers: ContainerSpec[] = []
  const checked = new Topologies({ [PHASE]: topology }).get(PHASE)
  const run = new MemoryRun(PHASE, workflow.objective)
  const references = new Map<string, PhaseReference>()
  for (const name of names) references.set(name, await run.storeOutput(name, inputs[name]))
  const { error, output } = await new PhaseExecution({
    phase: workflow.phases.at(-1) as ResolvedPhase,
    workflow,
    topology: noting(checked, containers),
    context: run,
    references,
    resultCallback: undefined,
  }).execute()
  if (error !== null) throw error
  return { records: run.records, rejections: run.rejections, containers, output: await output?.get() }
}

/** The same topology, which also notes each container that is run. */
function noting(topology: Topology, containers: ContainerSpec[]): Topology {
  return {
    containers: (ctx) => topology.containers(ctx),
    run(spec, ctx) {
      containers.push(spec)
      return topology.run(spec, ctx)
    },
    ...(topology.output !== undefined && { output: (ctx) => topology.output?.(ctx) }),
    ...(topology.resumable !== undefined && { resumable: topology.resumable }),
  }
}
