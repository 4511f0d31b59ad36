/**
 * Runs the phases of a workflow: each as soon as the phases it depends on have completed, several at once where they
 * do not depend on each other. It wires one stream graph per phase, and makes none: its RunContext
 * provides graphs and stores outputs.
 */
import { callback, expectValue, integerFrom, plainObject, resolveOptions, type Checks } from './core/options.ts'
import { orderPhases } from './workflow/phase-order.ts'
import { PhaseExecution } from './execution/phase-execution.ts'
import type { PhaseReference } from './outputs/reference.ts'
import type { ResultCallback } from './execution/container-intake.ts'
import type { PhaseResult, RunContext } from './execution/run-context.ts'
import { Topologies, type Topology } from './workflow/topology.ts'
import type { ResolvedPhase, ResolvedWorkflow } from './workflow/types.ts'

/** Options of {@link Sequencer}. */
export interface SequencerOptions<Name extends string = string> {
  /** Topologies by the names that workflows use. */
  readonly topologies: Readonly<Record<Name, Topology>>
  /** Phases that may run at once, where they do not depend on each other. @default 4 */
  readonly maxConcurrentPhases?: number
}

/** Checks of {@link SequencerOptions}. */
export const sequencerChecks: Checks<SequencerOptions> = {
  topologies: plainObject,
  maxConcurrentPhases: integerFrom(1),
}

const executeChecks = { resultCallback: callback }

/** Defaults of {@link SequencerOptions}. */
export const SEQUENCER_DEFAULTS = { maxConcurrentPhases: 4 } as const satisfies Partial<SequencerOptions>

/**
 * Runs phases in the order of their dependencies.
 *
 * A failed phase does not stop other running phases; phases that depend on it are skipped. Memory: for each
 * running phase one batch, and one record of each running container, beside the stream graphs.
 */
export class Sequencer {
  readonly #topologies: Topologies
  readonly #maxConcurrentPhases: number

  /** @throws {SpillwayError} `ERR_SPILLWAY_OPTION`; `ERR_SPILLWAY_TOPOLOGY` for a topology that lacks its methods */
  constructor(given: SequencerOptions) {
    const options = resolveOptions<SequencerOptions, typeof SEQUENCER_DEFAULTS>(
      'Sequencer',
      given,
      sequencerChecks,
      SEQUENCER_DEFAULTS,
    )
    expectValue('topologies', options.topologies, plainObject)
    this.#topologies = new Topologies(options.topologies)
    this.#maxConcurrentPhases = options.maxConcurrentPhases
  }

  /** The names of the registered topologies. */
  get topologies(): readonly string[] {
    return this.#topologies.names
  }

  /**
   * Runs all phases, and resolves when each has ended, failed or been skipped; see the results.
   *
   * @param given - options of this call
   * @param given.resultCallback - receives each record as it is accepted; what it throws fails the phase
   * @returns by the name of the phase, in the order of the workflow; the object has no prototype
   * @throws {SpillwayError} `ERR_SPILLWAY_WORKFLOW` for dependencies that cannot be ordered, `ERR_SPILLWAY_TOPOLOGY` for
   *   a topology that is not registered: both before anything runs
   */
  async executePhases(
    workflow: ResolvedWorkflow,
    context: RunContext,
    given: { readonly resultCallback?: ResultCallback | undefined } = {},
  ): Promise<Readonly<Record<string, PhaseResult>>> {
    const { resultCallback } = resolveOptions<typeof given, object>('executePhases', given, executeChecks, {})
    const results = new Map<string, PhaseResult>()
    const references = new Map<string, PhaseReference>()
    const running = new Set<Promise<void>>()
    const executions = orderPhases(workflow.phases).map((phase) => {
      const topology = this.#topologies.get(phase.topology)
      return { phase, execution: { phase, workflow, topology, context, references, resultCallback } }
    })
    let waiting = executions
    while (waiting.length > 0 || running.size > 0) {
      const free = this.#maxConcurrentPhases - running.size
      const ready = waiting.filter(({ phase }) => phase.depends_on.every((name) => results.has(name))).slice(0, free)
      waiting = waiting.filter((each) => !ready.includes(each))
      for (const { phase, execution } of ready) {
        const run: Promise<void> = execute(phase, execution).finally(() => running.delete(run))
        running.add(run)
      }
      await Promise.race(running)
    }
    const ordered = Object.create(null) as Record<string, PhaseResult>
    for (const { name } of workflow.phases) ordered[name] = results.get(name) as PhaseResult
    return ordered

    async function execute(phase: ResolvedPhase, options: (typeof executions)[number]['execution']): Promise<void> {
      const mayRun = !context.signal.aborted && phase.depends_on.every((name) => references.has(name))
      const execution = new PhaseExecution(options)
      const result = (await execution.recall()) ?? (await (mayRun ? execution.execute() : execution.skip()))
      if (result.output !== null) references.set(phase.name, result.output)
      results.set(phase.name, result)
    }
  }
}
