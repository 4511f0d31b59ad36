/**
 * The lines of a run's journal: what is known of a run, in the order it became so. Files are named by their path within
 * the run directory, with slashes; times are ISO 8601.
 */
import type { PartSchema } from '../sinks/part.ts'
import type { IndexRange } from './core/index-ranges.ts'
import type { Table } from './phase-reference.ts'
import type { PhaseStatus } from './run-context.ts'
import type { StreamerCounts } from './streamer-stats.ts'

/** The version of the journal's format. */
export const JOURNAL_FORMAT = 1

/** The first line of each file of the journal. */
export interface HeaderEntry {
  readonly type: 'header'
  readonly format: number
  /** Version of the package that wrote it. */
  readonly spillway: string
  readonly workflowId: string
  readonly at: string
}

/** What is to be run. */
export interface WorkflowEntry {
  readonly type: 'workflow'
  readonly name: string
  /** SHA-256 of `workflow.json`, in hexadecimal. */
  readonly hash: string
}

export interface PhaseStartedEntry {
  readonly type: 'phase-started'
  readonly phase: string
  readonly at: string
}

export interface PartOpenedEntry {
  readonly type: 'part-opened'
  readonly phase: string
  readonly file: string
  readonly schema: PartSchema | null
}

/** The file is complete, and on the disk. */
export interface PartClosedEntry {
  readonly type: 'part-closed'
  readonly phase: string
  readonly file: string
  readonly schema: PartSchema | null
  readonly rows: number
  readonly bytes: number
}

/** Containers whose records are all in closed parts, or rejected. */
export interface ContainersDoneEntry {
  readonly type: 'containers-done'
  readonly phase: string
  /** Indices of the containers, in the order in which the topology lists them. */
  readonly ranges: readonly IndexRange[]
}

export interface OutputStoredEntry {
  readonly type: 'output-stored'
  readonly phase: string
  readonly bytes: number
  readonly tables: readonly Table[]
}

export interface PhaseEndedEntry {
  readonly type: 'phase-ended'
  readonly phase: string
  readonly status: PhaseStatus
  readonly at: string
  readonly elapsedMs: number
  /** Containers that ended well. */
  readonly containers: number
  /** Records accepted. */
  readonly records: number
  /** Null where no results are written, or the phase never began. */
  readonly counts: StreamerCounts | null
  /** Why it did not complete. */
  readonly error?: string
}

/** How a run ended. */
export type RunStatus = 'completed' | 'failed' | 'aborted'

export interface RunEndedEntry {
  readonly type: 'run-ended'
  readonly status: RunStatus
  readonly at: string
  readonly elapsedMs: number
  readonly error?: string
}

/** A line of the journal. */
export type JournalEntry =
  | HeaderEntry
  | WorkflowEntry
  | PhaseStartedEntry
  | PartOpenedEntry
  | PartClosedEntry
  | ContainersDoneEntry
  | OutputStoredEntry
  | PhaseEndedEntry
  | RunEndedEntry
