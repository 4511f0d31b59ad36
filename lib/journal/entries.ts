/**
 * The lines of a run's journal: what is known of a run, in the order it became so. Files are named by their path within
 * the run directory, with slashes; times are ISO 8601.
 */
import type { PartSchema } from '../../sinks/part.ts'
import type { AggregatesExtent } from './aggregates-log.ts'
import type { CommitProgress } from '../execution/commit-progress.ts'
import type { Table } from '../outputs/reference.ts'
import type { PhaseStatus } from '../execution/run-context.ts'
import type { StreamerCounts } from '../streaming/stats.ts'
import type { ResolvedWorkflow } from '../workflow/types.ts'

/** The version of the journal's format. */
export const JOURNAL_FORMAT = 1

/** The first line of each segment of the journal. */
interface HeaderEntry {
  readonly type: 'header'
  readonly format: number
  /** Lines after it that repeat what is known from the segments before. */
  readonly repeated: number
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
  readonly workflow: ResolvedWorkflow
  /** What was told about the run; see `ExecuteOptions`. */
  readonly notes: Readonly<Record<string, string>>
}

/** The run goes on after it was interrupted. */
interface RunResumedEntry {
  readonly type: 'run-resumed'
  readonly at: string
}

export interface PhaseStartedEntry {
  readonly type: 'phase-started'
  readonly phase: string
  readonly at: string
}

interface PartOpenedEntry {
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
  /** Of the whole file; null for one that was cut back. */
  readonly crc32: number | null
}

/** What an earlier line tells of the file does not hold any more: it was removed, or cut back. */
interface PartDroppedEntry {
  readonly type: 'part-dropped'
  readonly phase: string
  readonly file: string
}

/** What a phase has come to, on the disk: a resume goes on from here. Takes the place of the commit before. */
export interface CommitEntry extends CommitProgress {
  readonly type: 'commit'
  readonly phase: string
  /** The last file of the phase; null before there is one. */
  readonly file: string | null
  /** The file's bytes and rows up to the commit. */
  readonly offsetBytes: number
  readonly rows: number
  readonly schema: PartSchema | null
  readonly counts: StreamerCounts
  /** Where the aggregates are; null without aggregation. */
  readonly aggregates: AggregatesExtent | null
}

/** No commit of the phase holds any more: it is run from its beginning. */
interface PhaseResetEntry {
  readonly type: 'phase-reset'
  readonly phase: string
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
  /** What it hands on: what was stored for it, its results, or both its results and its aggregates; null for nothing. */
  readonly output: 'stored' | 'results' | 'default' | null
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
  | RunResumedEntry
  | PhaseStartedEntry
  | PhaseResetEntry
  | PartOpenedEntry
  | PartClosedEntry
  | PartDroppedEntry
  | CommitEntry
  | OutputStoredEntry
  | PhaseEndedEntry
  | RunEndedEntry
