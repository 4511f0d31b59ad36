/**
 * The state of a run, as a resume needs it: the latest entries of each phase. This module does no input or output.
 */
import type {
  CommitEntry,
  JournalEntry,
  OutputStoredEntry,
  PhaseEndedEntry,
  PhaseStartedEntry,
  RunEndedEntry,
  WorkflowEntry,
} from './entries.ts'

/** The latest entry of each kind for one phase. */
export interface PhaseState {
  readonly started?: PhaseStartedEntry
  readonly commit?: CommitEntry
  readonly output?: OutputStoredEntry
  readonly ended?: PhaseEndedEntry
}

/** The state of a run, updated with each entry of its journal. Memory: up to four entries for each phase. */
export class RunState {
  readonly workflowId: string
  /** Number of the journal's last segment. */
  segment = 0
  /** The checksum of the last line of that segment; null without such a line. */
  lastSum: number | null = null
  #workflow: WorkflowEntry | undefined
  #ended: RunEndedEntry | undefined
  readonly #phases = new Map<string, PhaseState>()

  constructor(workflowId: string) {
    this.workflowId = workflowId
  }

  /** The workflow of the run; undefined when the run was killed before the workflow was written. */
  get workflow(): WorkflowEntry | undefined {
    return this.#workflow
  }

  /** The end of the run; undefined while it is running, and when it was killed. */
  get ended(): RunEndedEntry | undefined {
    return this.#ended
  }

  /** The latest entries of a phase; an empty object for an unknown phase. */
  phase(name: string): PhaseState {
    return this.#phases.get(name) ?? {}
  }

  /** The entries that restore this state. */
  get entries(): JournalEntry[] {
    const phases = [...this.#phases.values()].flatMap(({ started, commit, output, ended }) => [
      started,
      commit,
      output,
      ended,
    ])
    return [this.#workflow, ...phases, this.#ended].filter((entry) => entry !== undefined)
  }

  /** Updates the state with an entry. */
  note(entry: JournalEntry): void {
    switch (entry.type) {
      case 'workflow':
        this.#workflow = entry
        break
      case 'run-resumed':
        this.#ended = undefined
        break
      case 'run-ended':
        this.#ended = entry
        break
      case 'phase-started':
        this.#set(entry.phase, { started: entry, output: undefined, ended: undefined })
        break
      case 'phase-reset':
        this.#phases.delete(entry.phase)
        break
      case 'commit':
        this.#set(entry.phase, { commit: entry })
        break
      case 'output-stored':
        this.#set(entry.phase, { output: entry })
        break
      case 'phase-ended':
        this.#set(entry.phase, { ended: entry })
        break
      case 'header':
      case 'part-opened':
      case 'part-closed':
      case 'parts-dropped':
    }
  }

  #set(phase: string, change: { [Key in keyof PhaseState]: PhaseState[Key] | undefined }): void {
    this.#phases.set(phase, { ...this.#phases.get(phase), ...change } as PhaseState)
  }
}
