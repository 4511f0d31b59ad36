/**
 * One run of a workflow, as the sequencer sees it: gives each phase its stream graph, keeps outputs, and writes down in
 * the journal what has become of what.
 */
import { rm } from 'node:fs/promises'
import type { OpenTarget } from '../../sinks/files/file-target.ts'
import type { ClosedPart, OpenedPart, PartSchema } from '../../sinks/part.ts'
import type { PhaseSummary } from '../../transforms/aggregate/summary-types.ts'
import { AggregatesLog } from '../journal/aggregates-log.ts'
import { ContainerLog } from '../journal/container-log.ts'
import { recallPhase } from './recall-phase.ts'
import { workflowEnded, workflowStarted } from '../core/diagnostics.ts'
import type { DataFlowManager } from '../data-flow-manager.ts'
import { DefaultOutput } from '../execution/default-output.ts'
import { FileChecksums } from './file-checksums.ts'
import type { Journal } from '../journal/journal.ts'
import type { PartClosedEntry, PhaseEndedEntry, RunStatus } from '../journal/entries.ts'
import { JournaledCommits } from './phase-commits.ts'
import type { PhasePart } from '../streaming/phase-graph.ts'
import type { PhaseReference } from '../outputs/reference.ts'
import { graphsOf, type ResultStreamer } from '../result-streamer.ts'
import type { PhaseOutlet, PhaseResult, PhaseStatus, RunContext } from '../execution/run-context.ts'
import { aggregatesPath, containersPath, fileName, spoolPath, type RunDirectory } from './directory.ts'
import { DiscardedPhase } from './discarded-phase.ts'
import { PhaseResults } from './phase-results.ts'
import type { EarlierPhases } from '../streaming/checkpoint.ts'
import { shownStack, type WorkflowResult } from './result.ts'
import { makeRunStreamer } from './run-streamer.ts'
import type { ResolvedWorkflow } from '../workflow/types.ts'

/** What a run consists of. */
interface WorkflowRunOptions {
  readonly directory: RunDirectory
  readonly workflow: ResolvedWorkflow
  readonly signal: AbortSignal
  readonly journal: Journal
  /** Whether results are written, unless the workflow says otherwise. */
  readonly writesResults: boolean
  /** What its files hold already. */
  readonly earlier: EarlierPhases
  readonly openTarget: OpenTarget
  readonly dataFlowManager: DataFlowManager
}

/** What {@link WorkflowRun.finalize} returns. */
export interface FinalFigures extends Pick<WorkflowResult, 'aggregatedResults' | 'counts'> {
  /** Why the files could not be completed. */
  readonly failure: Error | undefined
}

/** How a run ended. */
interface RunEnd {
  readonly status: RunStatus
  readonly elapsedMs: number
  readonly error: Error | undefined
}

/** A run while its phases run. */
export class WorkflowRun implements RunContext {
  readonly #options: WorkflowRunOptions
  /** Writes the results; null where none are written. */
  readonly streamer: ResultStreamer | null
  /** Of the files that the streamer writes. */
  readonly #checksums = new FileChecksums()
  readonly #logs: (AggregatesLog | ContainerLog)[] = []
  /** The columns of the last file of each phase. */
  readonly #schemas = new Map<string, PartSchema | null>()
  /** The checksum of the last complete file of each phase. */
  readonly #closed = new Map<string, Pick<PartClosedEntry, 'file' | 'crc32'>>()

  constructor(options: WorkflowRunOptions) {
    this.#options = options
    const { directory, workflow, journal, earlier, openTarget } = options
    for (const { name } of workflow.phases) this.#schemas.set(name, journal.state.phase(name).commit?.schema ?? null)
    this.streamer = options.writesResults
      ? makeRunStreamer(workflow, directory, earlier, this.#checksums.through(openTarget))
      : null
    this.streamer?.on('partOpened', this.#onPartOpened).on('partClosed', this.#onPartClosed)
  }

  get workflowId(): string {
    return this.#options.directory.workflowId
  }

  /** The directory of the run. */
  get path(): string {
    return this.#options.directory.path
  }

  get signal(): AbortSignal {
    return this.#options.signal
  }

  /** Publishes the start of the run. */
  begin(): void {
    const { workflowId, path } = this.#options.directory
    workflowStarted.publish({ workflowId, path })
  }

  /** Completes the files of all phases and aggregates them, also after a failure. */
  async finalize(): Promise<FinalFigures> {
    const { streamer } = this
    if (streamer === null) return { aggregatedResults: null, counts: null, failure: undefined }
    let failure: Error | undefined
    try {
      await streamer.close()
    } catch (error) {
      failure = error as Error
    }
    for (const log of this.#logs) await log.close().catch(() => {})
    await rm(spoolPath(this.#options.directory.path), { recursive: true, force: true }).catch(() => {})
    return { aggregatedResults: await streamer.getAggregatedResults(), counts: streamer.stats, failure }
  }

  /** Records how the run ended, and closes the journal. Returns the error that prevented it, if there was one. */
  async end({ status, elapsedMs, error }: RunEnd): Promise<Error | undefined> {
    const { journal } = this.#options
    const at = new Date().toISOString()
    try {
      try {
        journal.append({ type: 'run-ended', status, at, elapsedMs, ...errorOf(status, error) })
        workflowEnded.publish({ workflowId: this.workflowId, path: this.path, status, error: error ?? null })
      } finally {
        await journal.close()
      }
    } catch (failure) {
      return failure as Error
    }
    return undefined
  }

  openPhase(phase: string): PhaseOutlet {
    const { streamer } = this
    const { workflow } = this.#options
    if (streamer === null) return new DiscardedPhase(this.workflowId, phase, workflow.objective)
    return {
      sink: streamer.forPhase(phase),
      results: this.#resultsOf(phase),
      get aggregates() {
        return graphsOf(streamer).router.summaryOf(phase) as PhaseSummary
      },
      get counts() {
        return streamer.stats.phases.get(phase) ?? null
      },
      commits: this.#commitsOf(phase, streamer),
    }
  }

  completedPhase(phase: string): Promise<PhaseResult | undefined> {
    const { streamer } = this
    const { journal, dataFlowManager } = this.#options
    return recallPhase({ workflowId: this.workflowId, ...journal.state.phase(phase) }, phase, {
      dataFlowManager,
      results: (name) => (streamer === null ? null : this.#resultsOf(name)),
      aggregates: (name) => (streamer === null ? null : (graphsOf(streamer).router.summaryOf(name) ?? null)),
    })
  }

  async storeOutput(phase: string, output: unknown): Promise<PhaseReference> {
    const { dataFlowManager, journal } = this.#options
    const reference = await dataFlowManager.storePhaseOutput(this.workflowId, phase, output)
    const { bytes, tables } = reference
    journal.append({ type: 'output-stored', phase, bytes, tables })
    return reference
  }

  onPhaseStarted(phase: string): void {
    this.#options.journal.append({ type: 'phase-started', phase, at: new Date().toISOString() })
  }

  async onPhaseEnded(result: PhaseResult): Promise<void> {
    const { journal } = this.#options
    const { phase, status, containers, records, counts, elapsedMs, error, output } = result
    journal.append({
      type: 'phase-ended',
      phase,
      status,
      at: new Date().toISOString(),
      elapsedMs,
      containers,
      records,
      output: output && kindOf(output, phase, journal),
      counts,
      ...errorOf(status, error),
    })
    await journal.commit()
  }

  #resultsOf(phase: string): PhaseResults {
    return new PhaseResults({ phase, ...this.#options })
  }

  #commitsOf(phase: string, streamer: ResultStreamer): JournaledCommits {
    const { directory, journal, openTarget } = this.#options
    const { commit } = journal.state.phase(phase)
    const log = new AggregatesLog(aggregatesPath(directory.path, phase), openTarget, commit?.aggregates ?? undefined)
    const containers = new ContainerLog(containersPath(directory.path, phase), openTarget, commit?.containers)
    this.#logs.push(log, containers)
    return new JournaledCommits({
      phase,
      directory: directory.path,
      spoolDirectory: spoolPath(directory.path),
      graphs: graphsOf(streamer),
      journal,
      log,
      containers,
      earlier: commit,
      schema: () => this.#schemas.get(phase) ?? null,
      crc32: (path) => {
        const closed = this.#closed.get(phase)
        return closed?.file === this.#fileName(path) ? closed.crc32 : this.#checksums.of(path)
      },
    })
  }

  readonly #onPartOpened = ({ phase, path, schema }: PhasePart<OpenedPart>): void => {
    this.#schemas.set(phase, schema)
    this.#options.journal.append({ type: 'part-opened', phase, file: this.#fileName(path), schema })
  }

  readonly #onPartClosed = ({ phase, path, schema, rows, bytes }: PhasePart<ClosedPart>): void => {
    const closed = { file: this.#fileName(path), crc32: this.#checksums.take(path) }
    this.#closed.set(phase, closed)
    this.#options.journal.append({ type: 'part-closed', phase, ...closed, schema, rows, bytes })
  }

  #fileName(path: string): string {
    return fileName(this.#options.directory.path, path)
  }
}

function kindOf(output: PhaseReference, phase: string, journal: Journal): PhaseEndedEntry['output'] {
  if (output instanceof DefaultOutput) return 'default'
  return journal.state.phase(phase).output === undefined ? 'results' : 'stored'
}

/** What the journal keeps of an error. */
function errorOf(status: PhaseStatus, error: Error | null = null): Pick<PhaseEndedEntry, 'error' | 'stack'> {
  const stack = shownStack(status, error)
  return { ...(error !== null && { error: error.message }), ...(stack !== null && { stack }) }
}
