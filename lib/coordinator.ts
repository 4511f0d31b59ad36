/**
 * Runs workflows: makes the directory, the lock and the journal of each run, and lets the sequencer execute its phases.
 */
import { resolve } from 'node:path'
import { openFileTarget, type OpenTarget } from '../sinks/files/file-target.ts'
import type { ResultCallback } from './execution/container-intake.ts'
import {
  abortSignal,
  callback,
  expectValue,
  flag,
  listOfTexts,
  plainObject,
  resolveOptions,
  text,
  textByName,
  type Checks,
} from './core/options.ts'
import type { ResultRecord } from './core/record.ts'
import { DataFlowManager } from './data-flow-manager.ts'
import { Journal } from './journal/journal.ts'
import { distributePhases, type OrderedPhase } from './workflow/phase-order.ts'
import type { EarlierPhases } from './streaming/checkpoint.ts'
import { expectRunDirectory } from './journal/reader.ts'
import { resolveLink } from './journal/run-files.ts'
import { resolveWorkflow } from './workflow/resolve.ts'
import type { ResultStreamer } from './result-streamer.ts'
import { ResumePlan, recordWorkflow, type ResumptionOptions } from './recovery/resume-plan.ts'
import { claimRunDirectory } from './run/claim.ts'
import type { RunDirectory } from './run/directory.ts'
import { RunLock } from './run/lock.ts'
import { RunState } from './journal/run-state.ts'
import { Sequencer, SEQUENCER_DEFAULTS, sequencerChecks, type SequencerOptions } from './sequencer.ts'
import { executeRun } from './run/execute-run.ts'
import type { WorkflowResult } from './run/result.ts'
import { WorkflowRun } from './run/workflow-run.ts'
import { RecordStream, type WorkflowStream } from './run/record-stream.ts'
import type { KnownNames, ResolvedWorkflow, WorkflowInput } from './workflow/types.ts'

/** Options of {@link Coordinator}. */
export interface CoordinatorOptions<Name extends string = string> extends SequencerOptions<Name> {
  /** Each run gets a directory in this one, named by its workflow id. */
  readonly outputDir: string
  /** Whether results are written; a workflow can still switch it off for itself. @default true */
  readonly enableResultStreaming?: boolean
  /** Opens the files of results, aggregates and journals: a place to put faults. @default real files */
  readonly openTarget?: OpenTarget
}

/** Options of one run. */
export interface ExecuteOptions {
  /** Stops the run: containers stop, accepted records are written, and the run ends with an AbortError. */
  readonly signal?: AbortSignal
  /** Receives each record as it is accepted, phase and container filled in. What it returns is awaited. */
  readonly resultCallback?: ResultCallback
  /** Texts that are kept with the run, in its journal. @default {} */
  readonly notes?: Readonly<Record<string, string>>
}

/** Options of {@link Coordinator.resumeWorkflow}. */
export interface ResumeOptions extends Omit<ExecuteOptions, 'notes'>, ResumptionOptions {}

/** A run that can begin, or continue. */
interface RunPlan {
  readonly workflow: ResolvedWorkflow
  readonly directory: RunDirectory
  readonly journal: Journal
  /** What its files hold already. */
  readonly earlier: EarlierPhases
}

const checks: Checks<CoordinatorOptions> = {
  ...sequencerChecks,
  outputDir: text,
  enableResultStreaming: flag,
  openTarget: callback,
}

const DEFAULTS = { ...SEQUENCER_DEFAULTS, enableResultStreaming: true, openTarget: openFileTarget } as const

const executeChecks: Checks<ExecuteOptions> = { signal: abortSignal, resultCallback: callback, notes: textByName }

const resumeChecks: Checks<ResumeOptions> = {
  signal: abortSignal,
  resultCallback: callback,
  workflow: plainObject,
  acceptChanges: listOfTexts,
}

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
export class Coordinator<const Name extends string = string> {
  readonly #options: CoordinatorOptions & Required<Pick<CoordinatorOptions, keyof typeof DEFAULTS>>
  readonly #sequencer: Sequencer
  readonly #resultStreamers = new Map<string, ResultStreamer>()
  /** Stores the outputs of phases. They stay until `cleanupWorkflow`. */
  readonly dataFlowManager: DataFlowManager

  /** @throws {SpillwayError} `ERR_SPILLWAY_OPTION`; `ERR_SPILLWAY_TOPOLOGY` for a topology that lacks its methods */
  constructor(given: CoordinatorOptions<Name>) {
    const options = resolveOptions<CoordinatorOptions, typeof DEFAULTS>('Coordinator', given, checks, DEFAULTS)
    expectValue('outputDir', options.outputDir, text)
    const { topologies, maxConcurrentPhases, outputDir } = options
    this.#options = options
    this.#sequencer = new Sequencer({ topologies, maxConcurrentPhases })
    this.dataFlowManager = new DataFlowManager({ directory: outputDir, durable: true })
  }

  /** The streamers of the runs under way, by workflow id: poll their `stats` and `metrics` to watch a run. */
  get resultStreamers(): ReadonlyMap<string, ResultStreamer> {
    return this.#resultStreamers
  }

  /**
   * Runs a workflow to its end.
   *
   * @param input - the workflow, or what is in a workflow file
   * @returns the result of each phase, once all have completed
   * @throws {WorkflowError} when a phase has failed: phases that do not depend on it were run, accepted records are
   *   in the files, and `error.result` has the results; the run can be resumed
   * @throws {WorkflowAbortError} an AbortError when the signal aborts, likewise with `result`
   * @throws {SpillwayError} before anything runs: `ERR_SPILLWAY_WORKFLOW`, `ERR_SPILLWAY_TOPOLOGY`, `ERR_SPILLWAY_NAME`,
   *   `ERR_SPILLWAY_EXISTS`, `ERR_SPILLWAY_IO`
   */
  async executeWorkflow<Used extends string>(
    input: WorkflowInput<KnownNames<Used, Name>>,
    given: ExecuteOptions = {},
  ): Promise<WorkflowResult> {
    const options = resolveOptions<ExecuteOptions, object>('executeWorkflow', given, executeChecks, {})
    options.signal?.throwIfAborted()
    const resolved = resolveWorkflow(input, { topologies: this.#sequencer.topologies })
    const { lock, ...directory } = await claimRunDirectory(this.#options.outputDir, resolved)
    await using _lock = lock
    const workflow = { ...resolved, id: directory.workflowId }
    const state = new RunState(directory.workflowId)
    const journal = await this.#openJournal(directory, state)
    await closeOnFailure(journal, () => recordWorkflow(journal, directory, workflow, options.notes ?? {}))
    return await this.#run({ workflow, directory, journal, earlier: new Map() }, options)
  }

  /**
   * Finishes a run that was interrupted. Its files then hold what an uninterrupted run writes. Phases and containers that
   * are done are not run again. The others are, and records that the files hold already are dropped. A completed run is
   * returned as is, after its files were checked.
   *
   * @param directory - that of the run: `<outputDir>/<workflow id>`
   * @throws {SpillwayError} beside what {@link executeWorkflow} throws: `ERR_SPILLWAY_LOCKED` while another process works in the directory; `ERR_SPILLWAY_JOURNAL` for a directory that is not a run directory, or is damaged; `ERR_SPILLWAY_WORKFLOW` when
   *   the workflow was changed and that is not accepted
   */
  async resumeWorkflow(directory: string, given: ResumeOptions = {}): Promise<WorkflowResult> {
    const options = resolveOptions<ResumeOptions, object>('resumeWorkflow', given, resumeChecks, {})
    options.signal?.throwIfAborted()
    await expectRunDirectory(directory)
    const path = await resolveLink(directory)
    await using _lock = await RunLock.take(path)
    const plan = await ResumePlan.read(path, options, this.#sequencer.topologies)
    const { state, workflow } = plan
    if (plan.isComplete) return await this.#recall(plan)
    const journal = await this.#openJournal(plan.directory, state)
    const earlier = await closeOnFailure(journal, () => plan.begin(journal))
    return await this.#run({ workflow, directory: plan.directory, journal, earlier }, options)
  }

  /**
   * A run as a Readable of its records; see {@link WorkflowStream}.
   *
   * @example
   * for await (const record of coordinator.stream(workflow)) console.log(record)
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_OPTION`; the stream fails with what {@link executeWorkflow} throws
   */
  stream<Row extends object = ResultRecord, Used extends string = Name>(
    input: WorkflowInput<KnownNames<Used, Name>> | ResolvedWorkflow,
    given: Pick<ExecuteOptions, 'signal'> = {},
  ): WorkflowStream<Row> {
    const { signal } = resolveOptions<typeof given, object>('stream', given, { signal: abortSignal }, {})
    return new RecordStream((resultCallback, stop) => {
      const signals = signal === undefined ? stop : AbortSignal.any([signal, stop])
      return this.executeWorkflow<string>(input, { resultCallback, signal: signals })
    })
  }

  /** Distributes phases over workers; see {@link distributePhases}. */
  distributePhases<Phase extends OrderedPhase>(
    phases: readonly Phase[],
    numWorkers: number,
  ): readonly (readonly Phase[])[] {
    return distributePhases(phases, numWorkers)
  }

  async #run(plan: RunPlan, { resultCallback, signal }: ExecuteOptions): Promise<WorkflowResult> {
    const { openTarget, enableResultStreaming } = this.#options
    const { workflow } = plan
    const makeRun = () =>
      new WorkflowRun({
        ...plan,
        writesResults: enableResultStreaming,
        signal: signal ?? new AbortController().signal,
        openTarget,
        dataFlowManager: this.#managerOf(plan.directory.path),
      })
    const run = await closeOnFailure(plan.journal, makeRun)
    if (run.streamer !== null) this.#resultStreamers.set(run.workflowId, run.streamer)
    try {
      return await executeRun(run, () => this.#sequencer.executePhases(workflow, run, { resultCallback }))
    } finally {
      this.#resultStreamers.delete(run.workflowId)
    }
  }

  /** The result of a run that was complete already, once its files are found whole. */
  async #recall(plan: ResumePlan): Promise<WorkflowResult> {
    const { path } = plan.directory
    // Loaded only here, so that the resume of another run starts sooner.
    const { expectIntact } = await import('./recovery/check-run.ts')
    const { recallRun } = await import('./recovery/recall-run.ts')
    await expectIntact(path, plan.state)
    return await recallRun(plan, this.#managerOf(path))
  }

  #openJournal({ path: directory }: RunDirectory, state: RunState): Promise<Journal> {
    return Journal.open({ directory, openTarget: this.#options.openTarget, state })
  }

  /** The outputs of a run in another directory are stored beside it. */
  #managerOf(directory: string): DataFlowManager {
    const parent = resolve(directory, '..')
    if (parent === resolve(this.#options.outputDir)) return this.dataFlowManager
    return new DataFlowManager({ directory: parent, durable: true })
  }
}

/** Releases the journal of a run that cannot begin. */
async function closeOnFailure<Value>(journal: Journal, begin: () => Value | Promise<Value>): Promise<Value> {
  try {
    return await begin()
  } catch (error) {
    await journal.close().catch(() => {})
    throw error
  }
}
