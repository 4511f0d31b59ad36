/**
 * One run of a workflow, as the sequencer sees it: gives each phase its stream graph, keeps outputs, and writes down in
 * the journal what has become of what.
 */
import { relative, sep } from 'node:path'
import type { ClosedPart, OpenedPart } from '../sinks/part.ts'
import type { PhaseSummary } from '../transforms/aggregate/summary-types.ts'
import { workflowEnded, workflowStarted } from './core/diagnostics.ts'
import type { IndexRanges } from './core/index-ranges.ts'
import type { DataFlowManager } from './data-flow-manager.ts'
import type { Journal } from './journal.ts'
import type { PartClosedEntry, RunStatus } from './journal-entries.ts'
import type { PhasePart } from './phase-graph.ts'
import type { PhaseReference } from './phase-reference.ts'
import { PhaseResults } from './phase-results.ts'
import { resolveFieldNames } from './core/record.ts'
import { readJournal } from './read-journal.ts'
import type { ResultStreamer } from './result-streamer.ts'
import type { PhaseOutlet, PhaseResult, RunContext } from './run-context.ts'
import { writeWorkflow, type RunDirectory } from './run-directory.ts'
import { UnwrittenPhase } from './unwritten-phase.ts'
import type { WorkflowResult } from './workflow-result.ts'
import type { ResolvedWorkflow } from './workflow.ts'

/** What a run consists of. */
export interface WorkflowRunOptions {
  readonly directory: RunDirectory
  readonly workflow: ResolvedWorkflow
  readonly signal: AbortSignal
  readonly journal: Journal
  /** Null where no results are written. */
  readonly streamer: ResultStreamer | null
  readonly dataFlowManager: DataFlowManager
}

/** What {@link WorkflowRun.finalize} finds. */
interface FinalFigures extends Pick<WorkflowResult, 'aggregatedResults' | 'counts'> {
  /** What kept the files from being completed. */
  readonly failure: Error | undefined
}

/** How a run ended. */
interface RunEnd {
  readonly status: RunStatus
  readonly elapsedMs: number
  readonly error: Error | undefined
}

/** What the closed parts of a phase hold together. */
type Extent = Pick<ClosedPart, 'rows' | 'bytes' | 'schema'>

/** A run while its phases run. */
export class WorkflowRun implements RunContext {
  readonly #options: WorkflowRunOptions
  readonly #extents = new Map<string, Extent>()

  constructor(options: WorkflowRunOptions) {
    this.#options = options
    options.streamer?.on('partOpened', this.#onPartOpened).on('partClosed', this.#onPartClosed)
  }

  get workflowId(): string {
    return this.#options.directory.workflowId
  }

  get signal(): AbortSignal {
    return this.#options.signal
  }

  /**
   * Writes down what is to be run.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_IO`
   */
  async begin(): Promise<void> {
    const { directory, workflow, journal } = this.#options
    const { workflowId, path } = directory
    workflowStarted.publish({ workflowId, directory: path })
    const hash = await writeWorkflow(path, { ...workflow, id: workflowId })
    journal.append({ type: 'workflow', name: workflow.name, hash })
    await journal.commit()
  }

  /** Completes the files of all phases, and sums up what is in them, also after a failure. */
  async finalize(): Promise<FinalFigures> {
    const { streamer } = this.#options
    if (streamer === null) return { aggregatedResults: null, counts: null, failure: undefined }
    let failure: Error | undefined
    try {
      await streamer.close()
    } catch (error) {
      failure = error as Error
    }
    return { aggregatedResults: await streamer.getAggregatedResults(), counts: streamer.stats, failure }
  }

  /** Writes down how the run ended, and closes the journal. Gives back what kept it from that, if anything did. */
  async end({ status, elapsedMs, error }: RunEnd): Promise<Error | undefined> {
    const { journal } = this.#options
    const at = new Date().toISOString()
    journal.append({ type: 'run-ended', status, at, elapsedMs, ...(error !== undefined && { error: error.message }) })
    workflowEnded.publish({ workflowId: this.workflowId, status, error })
    try {
      await journal.close()
    } catch (failure) {
      return failure as Error
    }
    return undefined
  }

  openPhase(phase: string): PhaseOutlet {
    const { streamer, workflow } = this.#options
    if (streamer === null) return new UnwrittenPhase(this.workflowId, phase, workflow.objective)
    return {
      sink: streamer.forPhase(phase),
      results: this.#resultsOf(phase),
      get aggregates() {
        return streamer.aggregatesOf(phase) as PhaseSummary
      },
      get counts() {
        return streamer.stats.phases.get(phase) ?? null
      },
    }
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

  async onPhaseEnded(result: PhaseResult, done: IndexRanges | undefined): Promise<void> {
    const { journal } = this.#options
    const { phase, status, containers, records, counts, elapsedMs, error } = result
    if (done !== undefined && done.size > 0) {
      journal.append({ type: 'containers-done', phase, ranges: done.toJSON() })
    }
    journal.append({
      type: 'phase-ended',
      phase,
      status,
      at: new Date().toISOString(),
      elapsedMs,
      containers,
      records,
      counts,
      ...(error !== null && { error: error.message }),
    })
    await journal.commit()
  }

  /** The phase's records; how many there are is known when its files are complete. */
  #resultsOf(phase: string): PhaseReference {
    const { directory, workflow } = this.#options
    const fields = resolveFieldNames(workflow.results === false ? undefined : workflow.results.fields)
    return new PhaseResults({
      workflowId: this.workflowId,
      phase,
      directory: directory.path,
      parts: () => this.#closedParts(phase),
      extent: () => this.#extents.get(phase) ?? { rows: 0, bytes: 0, schema: null },
      containerField: fields.container,
    })
  }

  async *#closedParts(phase: string): AsyncGenerator<PartClosedEntry> {
    await this.#options.journal.settle()
    for await (const entry of readJournal(this.#options.directory.path)) {
      if (entry.type === 'part-closed' && entry.phase === phase) yield entry
    }
  }

  readonly #onPartOpened = ({ phase, path, schema }: PhasePart<OpenedPart>): void => {
    this.#options.journal.append({ type: 'part-opened', phase, file: this.#fileName(path), schema })
  }

  readonly #onPartClosed = ({ phase, path, schema, rows, bytes }: PhasePart<ClosedPart>): void => {
    this.#options.journal.append({ type: 'part-closed', phase, file: this.#fileName(path), schema, rows, bytes })
    const before = this.#extents.get(phase)
    this.#extents.set(phase, { rows: (before?.rows ?? 0) + rows, bytes: (before?.bytes ?? 0) + bytes, schema })
  }

  #fileName(path: string): string {
    return relative(this.#options.directory.path, path).replaceAll(sep, '/')
  }
}
