/**
 * What the journal tells of a run, as far as a resume needs it: the last word on each phase. Pure.
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

/** The last word on a phase. */
export interface PhaseState {
  readonly started?: PhaseStartedEntry
  readonly commit?: CommitEntry
  readonly output?: OutputStoredEntry
  readonly ended?: PhaseEndedEntry
}

/** A run, line by line of its journal. Memory: a few lines for each phase. */
export class RunState {
  readonly workflowId: string
  /** Number of the journal's last segment. */
  segment = 0
  #workflow: WorkflowEntry | undefined
  #ended: RunEndedEntry | undefined
  readonly #phases = new Map<string, PhaseState>()

  constructor(workflowId: string) {
    this.workflowId = workflowId
  }

  /** What is to be run; undefined when the run was killed before that was written down. */
  get workflow(): WorkflowEntry | undefined {
    return this.#workflow
  }

  /** How the run ended; undefined while it goes on, or when it was killed. */
  get ended(): RunEndedEntry | undefined {
    return this.#ended
  }

  /** The last word on a phase. */
  phase(name: string): PhaseState {
    return this.#phases.get(name) ?? {}
  }

  /** The lines that tell all this. */
  get entries(): JournalEntry[] {
    const phases = [...this.#phases.values()].flatMap(({ started, commit, output, ended }) => [
      started,
      commit,
      output,
      ended,
    ])
    return [this.#workflow, ...phases, this.#ended].filter((entry) => entry !== undefined)
  }

  /** Notes a line. */
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
      case 'part-dropped':
    }
  }

  #set(phase: string, change: { [Key in keyof PhaseState]: PhaseState[Key] | undefined }): void {
    this.#phases.set(phase, { ...this.#phases.get(phase), ...change } as PhaseState)
  }
}
