/**
 * A reference to the output or the records of a phase. It gives their size without loading them, and streams the rows
 * on demand.
 */
import type { Schema } from '../../sinks/columns/column.ts'
import type { ResultRecord, RowItem, TypedReadable, WithBatches } from '../core/record.ts'

/** A table of rows in the output or the records of a phase. */
export interface Table {
  /** The field of the output that contains the rows; null when the output is exactly these rows. */
  readonly field: string | null
  /** Number of rows. */
  readonly rowCount: number
  /** Bytes of the rows in memory or on disk. */
  readonly bytes: number
  /**
   * The types of the columns, by name; null for rows without common columns, or rows that are stored without columns.
   */
  readonly schema: Schema | null
}

/** Options of {@link PhaseReference.rows}: which rows to stream, and how. */
export interface RowsOptions {
  /** The field of the output that contains the rows. @default the only table */
  readonly field?: string
  /** Stream only the rows whose `container` field has this value. @default all rows */
  readonly container?: string
  /** Emit arrays of rows, not single rows. @default false */
  readonly batches?: boolean
  /** Destroys the stream with an AbortError when it aborts. @default none */
  readonly signal?: AbortSignal
}

/** The output or the records of a phase. Nothing is loaded before {@link get} or {@link rows} is called. */
export interface PhaseReference {
  /** Id of the run. */
  readonly workflowId: string
  /** Name of the phase. */
  readonly phase: string
  /** Bytes in memory or on disk. */
  readonly bytes: number
  /** The tables, in the order of their fields. */
  readonly tables: readonly Table[]
  /** Number of rows of the only table; null unless there is exactly one table. */
  readonly rowCount: number | null
  /** Columns of the only table; null when it has none, and unless there is exactly one table. */
  readonly schema: Schema | null
  /** Loads everything into memory. */
  get(): Promise<unknown>
  /**
   * Streams the rows of one table, in their order, with bounded memory.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_OPTION` when the table does not exist, or `field` is not given and there are
   *   several tables
   */
  rows<Row extends object = ResultRecord, Batches extends boolean = false>(
    options?: WithBatches<RowsOptions, Batches>,
  ): TypedReadable<RowItem<Row, Batches>>
}
