/**
 * Runs workflows: makes the run directory, the streamer and the journal of each run, has the sequencer run its phases,
 * and finalizes and aggregates whatever happens.
 */
import { performance } from 'node:perf_hooks'
import { abortSignal, callback, expectValue, flag, resolveOptions, text, type Checks } from './core/options.ts'
import { DataFlowManager } from './data-flow-manager.ts'
import { Journal } from './journal.ts'
import type { RunStatus } from './journal-entries.ts'
import { distributePhases, type OrderedPhase } from './phase-order.ts'
import type { ResultCallback } from './phase-run.ts'
import { resolveWorkflow } from './resolve-workflow.ts'
import { ResultStreamer } from './result-streamer.ts'
import { streamerOptionsOf } from './results-settings.ts'
import { claimRunDirectory, type RunDirectory } from './run-directory.ts'
import { Sequencer, SEQUENCER_DEFAULTS, sequencerChecks, type SequencerOptions } from './sequencer.ts'
import { WorkflowAbortError, WorkflowError, type WorkflowResult } from './workflow-result.ts'
import { WorkflowRun } from './workflow-run.ts'
import { WorkflowStream } from './workflow-stream.ts'
import type { ResolvedWorkflow, WorkflowInput } from './workflow.ts'

/** Options of {@link Coordinator}. */
export interface CoordinatorOptions extends SequencerOptions {
  /** Each run gets a directory in this one, named by its workflow id. */
  readonly outputDir: string
  /** Whether results are written; a workflow can still switch it off for itself. @default true */
  readonly enableResultStreaming?: boolean
}

/** Options of one run. */
export interface ExecuteOptions {
  /** Stops the run: containers are told, what was accepted is written, and the run ends with an AbortError. */
  readonly signal?: AbortSignal
  /** Receives each record as it is accepted, phase and container filled in. What it returns is awaited. */
  readonly resultCallback?: ResultCallback
}

const checks: Checks<CoordinatorOptions> = { ...sequencerChecks, outputDir: text, enableResultStreaming: flag }

const DEFAULTS = { ...SEQUENCER_DEFAULTS, enableResultStreaming: true } as const

const executeChecks: Checks<ExecuteOptions> = { signal: abortSignal, resultCallback: callback }

/**
 * Runs workflows, one or several at a time.
 *
 * @example
 * const coordinator = new Coordinator({ outputDir: 'results', topologies: { search } })
 * const { directory, aggregatedResults } = await coordinator.executeWorkflow({
 *   name: 'search',
 *   phases: [{ name: 'optimization', topology: 'search' }],
 * })
 */
export class Coordinator {
  readonly #options: CoordinatorOptions
  readonly #sequencer: Sequencer
  readonly #resultStreamers = new Map<string, ResultStreamer>()
  /** Keeps what phases hand on. Outputs stay until `cleanupWorkflow`. */
  readonly dataFlowManager: DataFlowManager

  /** @throws {SpillwayError} `ERR_SPILLWAY_OPTION`; `ERR_SPILLWAY_TOPOLOGY` for a topology that lacks its methods */
  constructor(given: CoordinatorOptions) {
    const options = resolveOptions<CoordinatorOptions, typeof DEFAULTS>('Coordinator', given, checks, DEFAULTS)
    expectValue('outputDir', options.outputDir, text)
    const { topologies, maxConcurrentPhases, outputDir } = options
    this.#options = options
    this.#sequencer = new Sequencer({ topologies, maxConcurrentPhases })
    this.dataFlowManager = new DataFlowManager({ directory: outputDir })
  }

  /** The streamers of the runs under way, by workflow id: poll their `stats` and `metrics` to watch a run. */
  get resultStreamers(): ReadonlyMap<string, ResultStreamer> {
    return this.#resultStreamers
  }

  /**
   * Runs a workflow to its end.
   *
   * @param input - the workflow, or what is in a workflow file
   * @returns what has become of each phase, once all have completed
   * @throws {WorkflowError} when a phase has failed: phases that do not depend on it were run all the same, what was
   *   accepted is in the files, and `error.result` tells of it
   * @throws {WorkflowAbortError} an AbortError when the signal aborts, likewise with `result`
   * @throws {SpillwayError} before anything runs: `ERR_SPILLWAY_WORKFLOW`, `ERR_SPILLWAY_TOPOLOGY`, `ERR_SPILLWAY_NAME`,
   *   `ERR_SPILLWAY_EXISTS`, `ERR_SPILLWAY_IO`
   */
  async executeWorkflow(input: WorkflowInput | ResolvedWorkflow, given: ExecuteOptions = {}): Promise<WorkflowResult> {
    const options = resolveOptions<ExecuteOptions, object>('executeWorkflow', given, executeChecks, {})
    const { resultCallback, signal = new AbortController().signal } = options
    signal.throwIfAborted()
    const startedAtMs = performance.now()
    const workflow = resolveWorkflow(input, { topologies: this.#sequencer.topologies })
    const directory = await claimRunDirectory(this.#options.outputDir, workflow)
    const journal = await Journal.create(directory.path, directory.workflowId)
    const streamer = this.#makeStreamer(workflow, directory)
    const { dataFlowManager } = this
    const run = new WorkflowRun({ directory, workflow, signal, journal, streamer, dataFlowManager })
    let phases: WorkflowResult['phases'] = {}
    let failure: Error | undefined
    try {
      await run.begin()
      phases = await this.#sequencer.executePhases(workflow, run, { resultCallback })
    } catch (error) {
      failure = error as Error
    }
    const { aggregatedResults, counts, failure: flaw } = await run.finalize()
    failure ??= Object.values(phases).find(({ status }) => status === 'failed')?.error ?? flaw
    const elapsedMs = performance.now() - startedAtMs
    const status = statusOf(failure, phases)
    const unwritten = await run.end({ status, elapsedMs, error: failure })
    failure ??= unwritten
    this.#resultStreamers.delete(directory.workflowId)
    const { workflowId, path } = directory
    const result: WorkflowResult = {
      workflowId,
      status: statusOf(failure, phases),
      directory: path,
      phases,
      aggregatedResults,
      counts,
      elapsedMs,
    }
    if (failure !== undefined) throw new WorkflowError(failure, result)
    if (result.status === 'aborted') throw new WorkflowAbortError(signal.reason, result)
    return result
  }

  /**
   * A run as a Readable of its records; see {@link WorkflowStream}.
   *
   * @example
   * for await (const record of coordinator.stream(workflow)) console.log(record)
   */
  stream(input: WorkflowInput | ResolvedWorkflow, { signal }: Pick<ExecuteOptions, 'signal'> = {}): WorkflowStream {
    return new WorkflowStream((resultCallback, stop) => {
      const signals = signal === undefined ? stop : AbortSignal.any([signal, stop])
      return this.executeWorkflow(input, { resultCallback, signal: signals })
    })
  }

  /** Spreads phases over workers; see {@link distributePhases}. */
  distributePhases<Phase extends OrderedPhase>(
    phases: readonly Phase[],
    numWorkers: number,
  ): readonly (readonly Phase[])[] {
    return distributePhases(phases, numWorkers)
  }

  #makeStreamer({ results, objective, phases }: ResolvedWorkflow, directory: RunDirectory): ResultStreamer | null {
    if (results === false || !this.#options.enableResultStreaming) return null
    const streamer = new ResultStreamer({
      ...streamerOptionsOf(results),
      workflowId: directory.workflowId,
      outputDir: directory.path,
      objective,
      maxPhases: phases.length,
    })
    // What fails it fails the phases, and is told there.
    streamer.on('error', () => {})
    this.#resultStreamers.set(directory.workflowId, streamer)
    return streamer
  }
}

function statusOf(failure: Error | undefined, phases: WorkflowResult['phases']): RunStatus {
  if (failure !== undefined) return 'failed'
  return Object.values(phases).every(({ status }) => status === 'completed') ? 'completed' : 'aborted'
}
