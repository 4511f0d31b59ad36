/**
 * One phase from its first container to its output: merges its configuration, runs its containers into its stream graph,
 * makes and stores its output, and returns its result.
 */
import { performance } from 'node:perf_hooks'
import { phaseEnded, phaseStarted } from '../core/diagnostics.ts'
import { onEmptyEventLoop } from '../core/empty-event-loop.ts'
import { IndexRanges } from '../core/index-ranges.ts'
import { isAbortError, messageOf, placedMessageOf, SpillwayError } from '../core/errors.ts'
import { allowListeners, Interruptible } from '../core/interruptible.ts'
import { resolveFieldNames } from '../core/record.ts'
import { inputsOf, mergePhaseConfig } from './phase-config.ts'
import type { PhaseReference } from '../outputs/reference.ts'
import { untilAbort } from './until-abort.ts'
import { DefaultOutput } from './default-output.ts'
import type { ResultCallback } from './container-intake.ts'
import { PhaseRun } from './phase-run.ts'
import type { PhaseOutlet, PhaseResult, PhaseStatus, RunContext } from './run-context.ts'
import { acceptedOf } from '../streaming/stats.ts'
import type { OutputContext, Topology, TopologyContext } from '../workflow/topology.ts'
import type { ResolvedPhase, ResolvedWorkflow } from '../workflow/types.ts'

/** What the execution of a phase needs. */
interface PhaseExecutionOptions {
  readonly phase: ResolvedPhase
  readonly workflow: ResolvedWorkflow
  readonly topology: Topology
  readonly context: RunContext
  /** The outputs of completed phases, by their names. */
  readonly references: ReadonlyMap<string, PhaseReference>
  readonly resultCallback: ResultCallback | undefined
}

/** One execution of one phase. */
export class PhaseExecution {
  readonly #options: PhaseExecutionOptions
  readonly #startedAtMs = performance.now()
  /** Stops the phase when what it waits for can never happen. */
  readonly #stalled = new AbortController()
  #outlet: PhaseOutlet | undefined
  /** Records that earlier executions accepted. */
  #earlierRecords = 0
  #run: PhaseRun | undefined

  constructor(options: PhaseExecutionOptions) {
    this.#options = options
  }

  /** Runs the phase. Never rejects: a failure is part of the result. */
  async execute(): Promise<PhaseResult> {
    const { signal } = this.#options.context
    using _stalls = onEmptyEventLoop(() => {
      this.#stalled.abort(this.#stallError())
    })
    try {
      const output = await this.#complete()
      return await this.#conclude('completed', null, output)
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(messageOf(thrown), { cause: thrown })
      const aborted = signal.aborted && (thrown === signal.reason || isAbortError(thrown))
      return await this.#conclude(aborted ? 'aborted' : 'failed', error, null)
    }
  }

  /** The result of a phase that an earlier run has completed; undefined for one that must be run. Never rejects. */
  async recall(): Promise<PhaseResult | undefined> {
    const { context, phase } = this.#options
    try {
      return await context.completedPhase?.(phase.name)
    } catch (error) {
      return this.#conclude('failed', error as Error, null)
    }
  }

  /** The result of a phase that cannot be run. */
  async skip(): Promise<PhaseResult> {
    return this.#conclude('skipped', null, null)
  }

  async #complete(): Promise<PhaseReference> {
    const { phase, workflow, topology, context, references, resultCallback } = this.#options
    const { workflowId, path = null } = context
    const signal = AbortSignal.any([context.signal, this.#stalled.signal])
    await context.onPhaseStarted?.(phase.name)
    const ctx: TopologyContext = {
      workflowId,
      phase: phase.name,
      config: mergePhaseConfig(phase, references),
      inputs: inputsOf(phase, references),
      signal: allowListeners(signal),
    }
    const outlet = context.openPhase(phase.name)
    this.#outlet = outlet
    this.#earlierRecords = outlet.counts === null ? 0 : acceptedOf(outlet.counts)
    const earlierContainers = IndexRanges.from(outlet.commits?.earlier?.done ?? []).size
    const earlierRecords = this.#earlierRecords
    phaseStarted.publish({ workflowId, path, phase: phase.name, earlierContainers, earlierRecords })
    this.#run = new PhaseRun({
      topology,
      ctx,
      path,
      outlet,
      settings: workflow,
      fields: resolveFieldNames(workflow.results === false ? undefined : workflow.results.fields),
      resultCallback,
    })
    await this.#run.run()
    const { results, aggregates } = outlet
    if (topology.output === undefined) return new DefaultOutput(results, aggregates)
    return this.#makeOutput({ ...ctx, results, aggregates })
  }

  async #makeOutput(ctx: OutputContext): Promise<PhaseReference> {
    const { topology, context } = this.#options
    let output: unknown
    try {
      using interruptible = new Interruptible(ctx.signal)
      output = await interruptible.wait(Promise.resolve(topology.output?.(ctx)))
    } catch (cause) {
      ctx.signal.throwIfAborted()
      throw new SpillwayError(
        'ERR_SPILLWAY_TOPOLOGY',
        `The output of phase ${JSON.stringify(ctx.phase)} could not be made: ${placedMessageOf(cause)}. Its results are kept.`,
        { cause, place: { phase: ctx.phase } },
      )
    }
    // The records are stored already.
    if (output === ctx.results) return ctx.results
    try {
      return await context.storeOutput(ctx.phase, untilAbort(output, ctx.signal))
    } catch (error) {
      ctx.signal.throwIfAborted()
      throw error
    }
  }

  #stallError(): SpillwayError {
    const { name: phase } = this.#options.phase
    const [container, ...others] = this.#run?.unfinished ?? []
    const more = others.length === 0 ? '' : ` and ${others.length} more`
    const waiting =
      container === undefined
        ? `Phase ${JSON.stringify(phase)}`
        : `Container ${JSON.stringify(container)}${more} of phase ${JSON.stringify(phase)}`
    return new SpillwayError(
      'ERR_SPILLWAY_TOPOLOGY',
      `${waiting} waits for a promise that cannot settle: the process has no timer, file or socket left that could do it. The records so far are kept.`,
      { place: { phase, ...(container !== undefined && { container }) } },
    )
  }

  /** Reports the result to the context. If that fails, the phase has failed. */
  async #conclude(status: PhaseStatus, error: Error | null, output: PhaseReference | null): Promise<PhaseResult> {
    const { phase, context } = this.#options
    const counts = this.#outlet?.counts ?? null
    const records = counts === null ? (this.#run?.records ?? 0) : acceptedOf(counts)
    const result: PhaseResult = {
      phase: phase.name,
      status,
      error,
      containers: this.#run?.done.size ?? 0,
      unlisted: this.#run?.unlisted ?? { count: 0, ids: [] },
      records,
      newRecords: records - this.#earlierRecords,
      counts,
      aggregates: this.#outlet?.aggregates ?? null,
      output,
      elapsedMs: performance.now() - this.#startedAtMs,
    }
    try {
      await context.onPhaseEnded?.(result)
    } catch (thrown) {
      const failure = thrown as Error
      return this.#publish({ ...result, status: 'failed', error: error ?? failure, output: null })
    }
    return this.#publish(result)
  }

  #publish(result: PhaseResult): PhaseResult {
    const { workflowId, path = null } = this.#options.context
    const { phase, status, error, containers, records, newRecords } = result
    phaseEnded.publish({ workflowId, path, phase, status, error, containers, records, newRecords })
    return result
  }
}
