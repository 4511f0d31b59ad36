/**
 * The workflow: what is to be run, as plain data, the same in a file and in code. Its keys are snake case in both.
 */
import type { Objective } from '../../transforms/aggregate/summary-types.ts'
import type { ResultsSettings } from './results-settings.ts'

/** How a phase can iterate: its containers run once. */
export const SEQUENCES = ['single_pass'] as const

/** What enters the files as a whole. */
export const COMMIT_UNITS = ['records', 'container'] as const

/** What enters the files as a whole: `records` or `container`. */
export type CommitUnit = (typeof COMMIT_UNITS)[number]

/** One phase of a workflow. */
export interface WorkflowPhase {
  /** Unique; names its files and its records. */
  readonly name: string
  /** The name its topology is registered by. */
  readonly topology: string
  /** Phases that must have completed before; each comes as `config.<name>_results`, and in `inputs`. @default [] */
  readonly depends_on?: readonly string[] | null
  /** A phase upstream whose output comes as `config.inherited_data`. @default none */
  readonly inherit_from?: string | null
  /** How the phase iterates. @default 'single_pass' */
  readonly sequence?: (typeof SEQUENCES)[number] | null
  /** What the topology is to be told: plain data. @default {} */
  readonly config?: Readonly<Record<string, unknown>> | null
  /** How much work it is, next to the other phases, for `distributePhases`. @default 1 */
  readonly weight?: number | null
}

/** A workflow, as it is written. Keys set to null count as left out. */
export interface Workflow {
  /** @default the name of the file, or 'workflow' */
  readonly name?: string | null
  /** Names the run and its directory. @default the name and the time, as in `search-20260101T120000Z` */
  readonly id?: string | null
  /** How results are written; `false` writes none. @default {} */
  readonly results?: ResultsSettings | false | null
  /** What makes a record or a container a top one. @default { metric: 'sharpe_ratio', direction: 'max' } */
  readonly objective?: Objective | null
  /** Containers of a phase at once. @default 1 */
  readonly concurrency?: number | null
  /** Time in which a container must make its next record, or end; it fails otherwise. @default none */
  readonly container_timeout_ms?: number | null
  /**
   * What enters the files as a whole. `records`: each record as it is made; containers that are run again must make the
   * same ones. `container`: all records of a container when it has ended; until then they wait, above a megabyte on the
   * disk.
   *
   * @default 'records'
   */
  readonly commit?: CommitUnit | null
  /** Records of a phase after which what is written is committed: a resume loses no more. @default 10000 */
  readonly checkpoint_records?: number | null
  /** Time after which it is committed, if there are fewer. @default 1000 */
  readonly checkpoint_ms?: number | null
  /** The phases, at least one. Each runs after those it depends on, in whatever order they are listed. */
  readonly phases: readonly WorkflowPhase[]
}

/** A {@link Workflow}, or the object in a workflow file, which has it under the key `workflow`. */
export type WorkflowInput = Workflow | { readonly workflow: Workflow }

/** A {@link WorkflowPhase}, checked, with nothing left out. */
export interface ResolvedPhase {
  /** Unique name, used for files and records. */
  readonly name: string
  /** Name under which the topology is registered. */
  readonly topology: string
  /** Names of the phases that must have completed before this one starts. */
  readonly depends_on: readonly string[]
  /** Name of the phase whose output is passed as `config.inherited_data`; null for none. */
  readonly inherit_from: string | null
  /** How the phase iterates. */
  readonly sequence: (typeof SEQUENCES)[number]
  /** Plain data for the topology. */
  readonly config: Readonly<Record<string, unknown>>
  /** Amount of work, relative to the other phases. */
  readonly weight: number
}

/** A {@link Workflow}, checked, with nothing left out. */
export interface ResolvedWorkflow {
  /** Name of the workflow. */
  readonly name: string
  /** Null when it is to be made from the name and the time. */
  readonly id: string | null
  /** How results are written; `false` writes none. */
  readonly results: ResultsSettings | false
  /** What makes a record or a container a top one. */
  readonly objective: Required<Objective>
  /** Number of containers of a phase that run at once. */
  readonly concurrency: number
  /** Milliseconds within which a container must yield its next record or end; null for no limit. */
  readonly container_timeout_ms: number | null
  /** Unit that enters the files as a whole. */
  readonly commit: CommitUnit
  /** Number of records of a phase after which they are committed. */
  readonly checkpoint_records: number
  /** Milliseconds after which records are committed, if there are fewer. */
  readonly checkpoint_ms: number
  /** The phases, in the order of the workflow. */
  readonly phases: readonly ResolvedPhase[]
}
