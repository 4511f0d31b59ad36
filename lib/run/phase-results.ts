/**
 * The records of a phase, read back from its part files.
 */
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Schema } from '../../sinks/columns/column.ts'
import type { PartSchema } from '../../sinks/part.ts'
import { SpillwayError } from '../core/errors.ts'
import type { ResultRecord } from '../core/record.ts'
import type { PartClosedEntry } from '../journal/entries.ts'
import type { PhaseReference, RowsOptions, Table } from '../outputs/reference.ts'
import { readPart } from '../reading/read-part.ts'
import { resolveRowsOptions, rowsStream } from '../outputs/rows-stream.ts'

/** What is known of the records before any is read. */
interface PhaseResultsOptions {
  readonly workflowId: string
  readonly phase: string
  /** That of the run. */
  readonly directory: string
  /** Lists the closed parts one by one, as there may be any number of them. */
  parts(this: void): AsyncIterable<PartClosedEntry>
  /** Rows and bytes of the closed parts, and the columns of the last one, which are those of all. */
  readonly extent: () => { readonly rows: number; readonly bytes: number; readonly schema: PartSchema | null }
  /** The field that names the container. */
  readonly containerField: string
}

/**
 * A reference to the records in a phase's files. Their order is that of the files. Records come as JSON has them: dates as
 * text, bytes as base64; from CSV and Parquet, missing fields as null.
 */
export class PhaseResults implements PhaseReference {
  readonly #options: PhaseResultsOptions

  constructor(options: PhaseResultsOptions) {
    this.#options = options
  }

  get workflowId(): string {
    return this.#options.workflowId
  }

  get phase(): string {
    return this.#options.phase
  }

  get bytes(): number {
    return this.#options.extent().bytes
  }

  get tables(): readonly Table[] {
    return [{ field: null, rowCount: this.rowCount, bytes: this.bytes, schema: this.schema }]
  }

  get rowCount(): number {
    return this.#options.extent().rows
  }

  get schema(): Schema | null {
    const { schema } = this.#options.extent()
    return schema && Object.fromEntries(Object.entries(schema).map(([name, type]) => [name, type ?? 'utf8']))
  }

  /** All records. There may be more than memory holds: {@link rows} streams them. */
  async get(): Promise<ResultRecord[]> {
    const records: ResultRecord[] = []
    for await (const batch of this.#batches(new AbortController().signal)) records.push(...batch)
    return records
  }

  /**
   * Memory: that of the reader of the format. It is a field, not a method, so that a reference put into an output cannot be
   * serialized, and is told, where an empty object would be stored otherwise. Filtering by container
   * reads all files.
   */
  readonly rows = (given?: RowsOptions): Readable => {
    const options = resolveRowsOptions(given)
    if (options.field !== undefined) {
      throw new SpillwayError(
        'ERR_SPILLWAY_OPTION',
        `The results of phase ${JSON.stringify(this.phase)} are one table: leave out \`field\`, got '${options.field}'`,
      )
    }
    return rowsStream((signal) => this.#batches(signal), options, this.#options.containerField)
  }

  /** What can be told without reading: for logs and for JSON output. */
  toJSON(): unknown {
    return { workflowId: this.workflowId, phase: this.phase, bytes: this.bytes, tables: this.tables }
  }

  async *#batches(signal: AbortSignal): AsyncGenerator<readonly ResultRecord[]> {
    for await (const { file, schema } of this.#options.parts()) {
      yield* readPart(join(this.#options.directory, file), schema, signal)
    }
  }
}
