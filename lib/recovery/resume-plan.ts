/**
 * The remaining work of an interrupted run.
 */
import { basename, dirname, join, resolve } from 'node:path'
import { SpillwayError } from '../core/errors.ts'
import { encodeName } from '../core/names.ts'
import { knownHint } from '../core/options.ts'
import type { Journal } from '../journal/journal.ts'
import type { WorkflowEntry } from '../journal/entries.ts'
import type { EarlierPhases } from '../streaming/checkpoint.ts'
import { readRunState, restartRemedy } from '../journal/reader.ts'
import { resolveWorkflow } from '../workflow/resolve.ts'
import { resetPhase, restoreRun } from './restore.ts'
import { readRunFile, WORKFLOW_FILE, writeWorkflow, type RunDirectory } from '../run/directory.ts'
import type { RunState } from '../journal/run-state.ts'
import { affectedPhases, changesOf, changesText, withDependents } from './workflow-changes.ts'
import type { ResolvedWorkflow, WorkflowInput } from '../workflow/types.ts'

/** The workflow of a resumed run, and its accepted changes. */
export interface ResumptionOptions {
  /** The workflow as it is now. @default `workflow.json` in the run directory */
  readonly workflow?: WorkflowInput | ResolvedWorkflow
  /**
   * Accepts the changes of the workflow since the run started. The named phases, and all that depend on them, run
   * again. Every started phase that the changes affect must be named.
   *
   * @default none: a changed workflow is an error
   */
  readonly acceptChanges?: readonly string[]
}

/** The plan to resume a run. */
export class ResumePlan {
  /** The state of the run in its journal. */
  readonly state: RunState
  readonly directory: RunDirectory
  /** The workflow as it is now. */
  readonly workflow: ResolvedWorkflow
  /** Whether the run is complete and no phase must run again. */
  readonly isComplete: boolean
  readonly #written: WorkflowEntry
  readonly #rerun: ReadonlySet<string>

  private constructor(
    state: RunState,
    directory: RunDirectory,
    written: WorkflowEntry,
    workflow: ResolvedWorkflow,
    accepted: readonly string[] | undefined,
  ) {
    this.state = state
    this.directory = directory
    this.workflow = workflow
    this.#written = written
    this.#rerun = this.#phasesToRerun(accepted)
    this.isComplete = state.ended?.status === 'completed' && this.#rerun.size === 0
  }

  /**
   * Reads the state of a run and makes the plan. The caller must hold the lock of the run.
   *
   * @param path - the run directory
   * @param topologies - the names of the registered topologies
   * @throws {SpillwayError} `ERR_SPILLWAY_JOURNAL` for a damaged run directory, `ERR_SPILLWAY_WORKFLOW` for an invalid
   *   workflow or changes that are not accepted, `ERR_SPILLWAY_IO`
   */
  static async read(
    path: string,
    { workflow, acceptChanges }: ResumptionOptions,
    topologies: readonly string[],
  ): Promise<ResumePlan> {
    const state = await readRunState(path)
    const { workflowId, workflow: written } = state
    if (written === undefined) {
      throw new SpillwayError(
        'ERR_SPILLWAY_JOURNAL',
        `The run in ${path} was stopped before it started. Run the workflow again with the id ${JSON.stringify(workflowId)}. If the directory has results, its journal was cut short: ${restartRemedy(path)}`,
        { place: { path } },
      )
    }
    if (basename(resolve(path)) !== encodeName(workflowId, 'workflow id')) throw moved(path, workflowId)
    const current = resolveWorkflow(workflow ?? (await readRunFile<WorkflowInput>(join(path, WORKFLOW_FILE))), {
      topologies,
    })
    return new ResumePlan(state, { workflowId, path }, written, { ...current, id: workflowId }, acceptChanges)
  }

  /**
   * Restores the files to their last commits, and records in the journal that the run was resumed.
   *
   * @returns the counts and aggregates of each phase with a commit
   * @throws {SpillwayError} `ERR_SPILLWAY_JOURNAL` for files that are missing or damaged, `ERR_SPILLWAY_IO`
   */
  async begin(journal: Journal): Promise<EarlierPhases> {
    const { path } = this.directory
    journal.append({ type: 'run-resumed', at: new Date().toISOString() })
    const { workflow: before, notes } = this.#written
    if (changesOf(before, this.workflow).length > 0) await recordWorkflow(journal, this.directory, this.workflow, notes)
    for (const phase of this.#rerun) await resetPhase(path, phase, journal)
    return restoreRun(path, new Set(namesOf(before, this.workflow)), journal)
  }

  #phasesToRerun(accepted: readonly string[] | undefined): ReadonlySet<string> {
    const { workflow: before } = this.#written
    const known = namesOf(before, this.workflow)
    for (const name of accepted ?? []) {
      if (!known.includes(name))
        throw workflowError(`There is no phase ${JSON.stringify(name)}. ${knownHint(name, known)}`)
    }
    const changes = changesOf(before, this.workflow)
    if (changes.length > 0 && accepted === undefined) {
      throw workflowError(
        `The workflow of the run in ${this.directory.path} was changed:\n${changesText(changes)}\nUndo the changes, or accept them and name the phases to run again (--accept-changes).`,
      )
    }
    const rerun = withDependents(new Set(accepted), this.workflow)
    const hasStarted = (phase: string) => this.state.phase(phase).started !== undefined
    const unnamed = [...affectedPhases(before, this.workflow)].filter((name) => hasStarted(name) && !rerun.has(name))
    if (unnamed.length > 0) {
      const names = unnamed.join(', ')
      throw workflowError(
        `The changes affect phases that have started: ${names}. Name them, too, to run them again:\n${changesText(changes)}`,
      )
    }
    return new Set([...rerun].filter(hasStarted))
  }
}

/**
 * Writes the workflow to `workflow.json`, which users can read, and to the journal.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_IO`
 */
export async function recordWorkflow(
  journal: Journal,
  { path }: RunDirectory,
  workflow: ResolvedWorkflow,
  notes: Readonly<Record<string, string>>,
): Promise<void> {
  const hash = await writeWorkflow(path, workflow)
  journal.append({ type: 'workflow', name: workflow.name, hash, workflow, notes })
  await journal.commit()
}

function namesOf(...workflows: readonly ResolvedWorkflow[]): string[] {
  return [...new Set(workflows.flatMap(({ phases }) => phases.map(({ name }) => name)))]
}

function workflowError(message: string): SpillwayError {
  return new SpillwayError('ERR_SPILLWAY_WORKFLOW', message)
}

function moved(path: string, workflowId: string): SpillwayError {
  const name = encodeName(workflowId, 'workflow id')
  return new SpillwayError(
    'ERR_SPILLWAY_JOURNAL',
    `${path} contains the run ${JSON.stringify(workflowId)}, but the directory has another name. Rename it to ${join(dirname(path), name)}. Where that exists, move it to ${name} in another directory.`,
    { place: { path } },
  )
}
