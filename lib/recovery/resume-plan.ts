/**
 * What there is to do to go on with a run that was interrupted.
 */
import { basename, dirname, join, resolve } from 'node:path'
import { SpillwayError } from '../core/errors.ts'
import { encodeName } from '../core/names.ts'
import { knownHint } from '../core/options.ts'
import type { Journal } from '../journal/journal.ts'
import type { WorkflowEntry } from '../journal/entries.ts'
import type { EarlierPhases } from '../streaming/checkpoint.ts'
import { readRunState } from '../journal/reader.ts'
import { resolveWorkflow } from '../workflow/resolve.ts'
import { resetPhase, restoreRun } from './restore.ts'
import { readRunFile, writeWorkflow, type RunDirectory } from '../run/directory.ts'
import type { RunState } from '../journal/run-state.ts'
import { affectedPhases, changesOf, changesText, withDependents } from './workflow-changes.ts'
import type { ResolvedWorkflow, WorkflowInput } from '../workflow/types.ts'

/** What may be told of how a run is to go on. */
export interface ResumptionOptions {
  /** The workflow as it is now. @default that in the directory of the run */
  readonly workflow?: WorkflowInput | ResolvedWorkflow
  /** Accepts changes of the workflow, and runs these phases again. */
  readonly acceptChanges?: readonly string[]
}

/** A run that is to go on. */
export class ResumePlan {
  readonly state: RunState
  readonly directory: RunDirectory
  readonly workflow: ResolvedWorkflow
  /** Whether there is nothing left to do. */
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
   * Finds out how far a run has come. The run must be locked.
   *
   * @param path - its directory
   * @throws {SpillwayError} `ERR_SPILLWAY_JOURNAL`, `ERR_SPILLWAY_WORKFLOW`, `ERR_SPILLWAY_IO`
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
        `The run in ${path} was stopped before it had begun. Remove the directory, and run the workflow anew.`,
        { place: { path } },
      )
    }
    if (basename(resolve(path)) !== encodeName(workflowId, 'workflow id')) throw moved(path, workflowId)
    const current = resolveWorkflow(workflow ?? (await readRunFile<WorkflowInput>(join(path, 'workflow.json'))), {
      topologies,
    })
    return new ResumePlan(state, { workflowId, path }, written, { ...current, id: workflowId }, acceptChanges)
  }

  /**
   * Takes the files back to what was committed, and tells the journal that the run goes on.
   *
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
      if (!known.includes(name)) throw refusal(`There is no phase ${JSON.stringify(name)}. ${knownHint(name, known)}`)
    }
    const changes = changesOf(before, this.workflow)
    if (changes.length > 0 && accepted === undefined) {
      throw refusal(
        `The workflow of the run in ${this.directory.path} was changed:\n${changesText(changes)}\nUndo the changes, or accept them and name the phases to run again (--accept-changes).`,
      )
    }
    const rerun = withDependents(new Set(accepted), this.workflow)
    const begun = (phase: string) => this.state.phase(phase).started !== undefined
    const unnamed = [...affectedPhases(before, this.workflow)].filter((name) => begun(name) && !rerun.has(name))
    if (unnamed.length > 0) {
      const names = unnamed.join(', ')
      throw refusal(
        `The changes concern phases that have begun: ${names}. Name them, too, to run them again:\n${changesText(changes)}`,
      )
    }
    return new Set([...rerun].filter(begun))
  }
}

/**
 * Writes down what is to be run, in a file for people and in the journal.
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

function refusal(message: string): SpillwayError {
  return new SpillwayError('ERR_SPILLWAY_WORKFLOW', message)
}

function moved(path: string, workflowId: string): SpillwayError {
  return new SpillwayError(
    'ERR_SPILLWAY_JOURNAL',
    `${path} holds the run ${JSON.stringify(workflowId)}, whose directory has another name. Rename it to ${join(dirname(path), encodeName(workflowId, 'workflow id'))}.`,
    { place: { path } },
  )
}
