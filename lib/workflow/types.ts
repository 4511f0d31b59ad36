/**
 * The workflow as plain data, the same in a file and in code. Its keys are in snake case in both.
 */
import type { Objective } from '../../transforms/aggregate/summary-types.ts'
import type { ResultsSettings } from './results-settings.ts'

/** How a phase can iterate. `single_pass`: each container runs once. */
export const SEQUENCES = ['single_pass'] as const

/** The units in which records are committed to the files. */
export const COMMIT_UNITS = ['records', 'container'] as const

/** What enters the files as a whole: `records` or `container`. */
export type CommitUnit = (typeof COMMIT_UNITS)[number]

/** One phase of a workflow. */
export interface WorkflowPhase<Name extends string = string> {
  /** Unique in the workflow. It names the directory of its files, and is the `phase` of its records. */
  readonly name: string
  /** The name under which its topology is registered. */
  readonly topology: Name
  /**
   * Phases that must complete first. The output of each is available as `config.<name>_results` and in `inputs`.
   *
   * @default []
   */
  readonly depends_on?: readonly string[] | null
  /** An upstream phase whose output is available as `config.inherited_data`. @default none */
  readonly inherit_from?: string | null
  /** How the phase iterates. @default 'single_pass' */
  readonly sequence?: (typeof SEQUENCES)[number] | null
  /** The configuration for the topology: plain data. @default {} */
  readonly config?: Readonly<Record<string, unknown>> | null
  /** Work of this phase relative to the other phases, above 0, for `distributePhases`. @default 1 */
  readonly weight?: number | null
}

/**
 * A workflow as the user writes it. A key with the value null counts as missing. `Name` is the type of the names of its
 * topologies.
 */
export interface Workflow<Name extends string = string> {
  /** @default the name of the file, or 'workflow' */
  readonly name?: string | null
  /** The name of the run and of its directory. @default the name and the time, such as `search-20260101T120000Z` */
  readonly id?: string | null
  /** How results are written. With `false`, none are written. @default {} */
  readonly results?: ResultsSettings | false | null
  /** The metric that ranks records and containers. @default { metric: 'sharpe_ratio', direction: 'max' } */
  readonly objective?: Objective | null
  /** Containers of a phase that run at the same time. @default 1 */
  readonly concurrency?: number | null
  /**
   * Milliseconds within which a container must make its next record, or end. Otherwise it fails.
   *
   * @default no limit
   */
  readonly container_timeout_ms?: number | null
  /**
   * The unit in which records are committed. `records`: each record as it is made; a container that runs again must
   * make the same records. `container`: all records of a container when it has ended; until then they are held back, in
   * memory up to a megabyte and on disk above that.
   *
   * @default 'records'
   */
  readonly commit?: CommitUnit | null
  /** A commit is made after this many records of a phase, so that a resume repeats no more. @default 10000 */
  readonly checkpoint_records?: number | null
  /** A commit is made after this many milliseconds, if there are fewer records. @default 1000 */
  readonly checkpoint_ms?: number | null
  /** At least one, in any order. */
  readonly phases: readonly WorkflowPhase<Name>[]
}

/** A {@link Workflow}, or the object of a workflow file with the workflow under the key `workflow`. */
export type WorkflowInput<Name extends string = string> = Workflow<Name> | { readonly workflow: Workflow<Name> }

/**
 * Names of topologies in a workflow, which must be registered. A name that is known at run time only, as in a file, is any
 * string.
 */
export type KnownNames<Used extends string, Name extends string> = string extends Used
  ? Used
  : [Used] extends [Name]
    ? Used
    : Name

/** A {@link WorkflowPhase} that was checked and has all defaults filled in. */
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

/** A {@link Workflow} that was checked and has all defaults filled in. */
export interface ResolvedWorkflow {
  /** Name of the workflow. */
  readonly name: string
  /** Null if it is made from the name and the time when the run starts. */
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
