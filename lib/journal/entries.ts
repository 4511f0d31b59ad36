/**
 * The entries of a run's journal, in the order of the events. A file is named by its path in the run directory, with
 * slashes. Times are ISO 8601.
 */
import type { PartSchema } from '../../sinks/part.ts'
import type { LogPosition } from './aggregates-log.ts'
import type { ContainerLogPosition } from './container-log.ts'
import type { CommitProgress } from '../execution/commit-progress.ts'
import type { Table } from '../outputs/reference.ts'
import type { PhaseStatus } from '../execution/run-context.ts'
import type { StreamerCounts } from '../streaming/stats.ts'
import type { ResolvedWorkflow } from '../workflow/types.ts'

/** The version of the journal's format. */
export const JOURNAL_FORMAT = 3

/** The first line of each segment of the journal. */
interface HeaderEntry {
  readonly type: 'header'
  /** Version of the journal's format. */
  readonly format: number
  /** The checksum of the last line of the segment before; null without such a line. */
  readonly after: number | null
  /** Number of the lines after the header that repeat the state from earlier segments. */
  readonly repeated: number
  /** Version of the package that wrote the segment. */
  readonly spillway: string
  readonly workflowId: string
  readonly at: string
}

/** The workflow of the run. */
export interface WorkflowEntry {
  readonly type: 'workflow'
  readonly name: string
  /** SHA-256 of `workflow.json`, in hexadecimal. */
  readonly hash: string
  readonly workflow: ResolvedWorkflow
  /** Notes about the run; see `ExecuteOptions`. */
  readonly notes: Readonly<Record<string, string>>
}

/** The run was resumed after an interruption. */
interface RunResumedEntry {
  readonly type: 'run-resumed'
  readonly at: string
}

/** A phase started. */
export interface PhaseStartedEntry {
  readonly type: 'phase-started'
  readonly phase: string
  readonly at: string
}

/** A part file was opened. */
interface PartOpenedEntry {
  readonly type: 'part-opened'
  readonly phase: string
  readonly file: string
  readonly schema: PartSchema | null
}

/** A part file is complete and durable. */
export interface PartClosedEntry {
  readonly type: 'part-closed'
  readonly phase: string
  readonly file: string
  readonly schema: PartSchema | null
  readonly rows: number
  readonly bytes: number
  /** CRC-32 of the whole file; null for a file that was truncated after a failed write. */
  readonly crc32: number | null
}

/**
 * Earlier entries about a part and those after it are no longer valid. It covers parts that are missing on the disk, too:
 * what the directory holds does not matter.
 */
interface PartsDroppedEntry {
  readonly type: 'parts-dropped'
  readonly phase: string
  /** The first of them; null for all parts of the phase. */
  readonly from: string | null
}

/** A file with the committed rows of an open row group. */
export interface CommittedOpenRows {
  /** Its name in the directory of the phase's open rows. */
  readonly file: string
  readonly bytes: number
  readonly rows: number
  /** CRC-32 of the whole file. */
  readonly crc32: number | null
}

/** The durable progress of a phase, from which a resume continues. It replaces the phase's commit before. */
export interface CommitEntry extends CommitProgress {
  readonly type: 'commit'
  readonly phase: string
  /** The last file of the phase; null before the first file. */
  readonly file: string | null
  /** Bytes of the file up to the commit. */
  readonly offsetBytes: number
  /** Rows of the file up to the commit. */
  readonly rows: number
  /** CRC-32 of these bytes; null without a file, and for a file that was truncated after a failed write. */
  readonly crc32: number | null
  readonly schema: PartSchema | null
  /** The committed rows behind those of the file, in a file of their own; null when there are none. */
  readonly openRows: CommittedOpenRows | null
  readonly counts: StreamerCounts
  /** The ids of the containers that have begun. */
  readonly containers: ContainerLogPosition
  /** The place of the aggregates; null without aggregation. */
  readonly aggregates: LogPosition | null
}

/** All earlier entries of the phase are no longer valid: the phase runs again from its start. */
interface PhaseResetEntry {
  readonly type: 'phase-reset'
  readonly phase: string
}

/** The output of a phase was stored. */
export interface OutputStoredEntry {
  readonly type: 'output-stored'
  readonly phase: string
  readonly bytes: number
  readonly tables: readonly Table[]
}

/** A phase ended, with success or failure, or was skipped. */
export interface PhaseEndedEntry {
  readonly type: 'phase-ended'
  readonly phase: string
  readonly status: PhaseStatus
  readonly at: string
  readonly elapsedMs: number
  /** Number of containers that completed. */
  readonly containers: number
  /** Number of accepted records. */
  readonly records: number
  /**
   * The output for later phases: `stored` is the stored output, `results` the records of the phase, `default` its
   * records and its aggregates. Null when there is no output.
   */
  readonly output: 'stored' | 'results' | 'default' | null
  /** Null when no results are written, or the phase did not start. */
  readonly counts: StreamerCounts | null
  /** The message of the error or the abort; only when the phase did not complete. */
  readonly error?: string
  /** The stack of the error and of its causes; only when the phase failed, or code of the user stopped it. */
  readonly stack?: string
}

/** How a run ended. */
export type RunStatus = 'completed' | 'failed' | 'aborted'

/** A run ended. */
export interface RunEndedEntry {
  readonly type: 'run-ended'
  readonly status: RunStatus
  readonly at: string
  readonly elapsedMs: number
  readonly error?: string
  /** The stack of the error and of its causes; only when the run failed. */
  readonly stack?: string
}

/** A line of the journal. */
export type JournalEntry =
  | HeaderEntry
  | WorkflowEntry
  | RunResumedEntry
  | PhaseStartedEntry
  | PhaseResetEntry
  | PartOpenedEntry
  | PartClosedEntry
  | PartsDroppedEntry
  | CommitEntry
  | OutputStoredEntry
  | PhaseEndedEntry
  | RunEndedEntry
