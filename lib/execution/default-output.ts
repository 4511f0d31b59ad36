/**
 * The output of a phase whose topology has no `output`: its records and its aggregates.
 */
import type { ResultRecord, RowItem, TypedReadable, WithBatches } from '../core/record.ts'
import type { Schema } from '../../sinks/columns/column.ts'
import type { PhaseSummary } from '../../transforms/aggregate/summary-types.ts'
import type { PhaseReference, RowsOptions, Table } from '../outputs/reference.ts'

/** A reference to `{ results, aggregates }`; its rows are the records. */
export class DefaultOutput implements PhaseReference {
  readonly #results: PhaseReference
  readonly #aggregates: PhaseSummary

  constructor(results: PhaseReference, aggregates: PhaseSummary) {
    this.#results = results
    this.#aggregates = aggregates
  }

  get workflowId(): string {
    return this.#results.workflowId
  }

  get phase(): string {
    return this.#results.phase
  }

  get bytes(): number {
    return this.#results.bytes
  }

  get tables(): readonly Table[] {
    return this.#results.tables
  }

  get rowCount(): number | null {
    return this.#results.rowCount
  }

  get schema(): Schema | null {
    return this.#results.schema
  }

  get(): Promise<{ results: PhaseReference; aggregates: PhaseSummary }> {
    return Promise.resolve({ results: this.#results, aggregates: this.#aggregates })
  }

  rows<Row extends object = ResultRecord, Batches extends boolean = false>(
    options?: WithBatches<RowsOptions, Batches>,
  ): TypedReadable<RowItem<Row, Batches>> {
    return this.#results.rows(options)
  }

  toJSON(): unknown {
    return this.#results
  }
}
