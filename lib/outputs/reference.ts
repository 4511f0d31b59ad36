/**
 * A handle on what a phase has left behind, be it its output or its records: it tells how much there is without
 * loading any of it, and streams the rows on demand.
 */
import type { Readable } from 'node:stream'
import type { Schema } from '../../sinks/columns/column.ts'

/** Rows that a phase has left behind. */
export interface Table {
  /** The field of the output that holds them; null when the rows are the whole of it. */
  readonly field: string | null
  /** Number of rows. */
  readonly rowCount: number
  /** Bytes they take where they are stored. */
  readonly bytes: number
  /** Their columns, by name; null for rows that have none in common, or are stored as they are. */
  readonly schema: Schema | null
}

/** Which rows to stream, and how. */
export interface RowsOptions {
  /** The field of the output that holds them. @default the only one there is */
  readonly field?: string
  /** Only the rows whose `container` field is this. @default all rows */
  readonly container?: string
  /** Emit arrays of rows in place of single rows. @default false */
  readonly batches?: boolean
  /** Destroys the stream with an AbortError. */
  readonly signal?: AbortSignal
}

/** What a phase has left behind. Nothing is loaded before {@link get} or {@link rows} is called. */
export interface PhaseReference {
  /** Id of the run. */
  readonly workflowId: string
  /** Name of the phase. */
  readonly phase: string
  /** Bytes where it is stored. */
  readonly bytes: number
  /** The rows in it. */
  readonly tables: readonly Table[]
  /** Rows of the only table; null when there is none, or more than one. */
  readonly rowCount: number | null
  /** Columns of the only table; null when it has none, or there is not exactly one table. */
  readonly schema: Schema | null
  /** Loads it whole. */
  get(): Promise<unknown>
  /**
   * Streams the rows of one table, in their order, with bounded memory.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_OPTION` when there is no such table, or more than one to choose from
   */
  rows(options?: RowsOptions): Readable
}
