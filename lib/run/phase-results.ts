/**
 * The records of a phase, read back from its part files.
 */
import { join } from 'node:path'
import type { Schema } from '../../sinks/columns/column.ts'
import { countText, messageOf, quantityText, SpillwayError } from '../core/errors.ts'
import { resolveFieldNames, type ResultRecord } from '../core/record.ts'
import { closedParts } from '../journal/closed-parts.ts'
import type { CommitEntry, PartClosedEntry } from '../journal/entries.ts'
import type { Journal } from '../journal/journal.ts'
import { damageOfPart } from '../journal/part-damage.ts'
import type { PhaseReference, RowsOptions, Table } from '../outputs/reference.ts'
import { resolveRowsOptions, rowsStream } from '../outputs/rows-stream.ts'
import { typesOfRows } from '../reading/json-values.ts'
import { csvDialectOf } from '../workflow/results-settings.ts'
import type { ResolvedWorkflow } from '../workflow/types.ts'
import type { RunDirectory } from './directory.ts'

/** Where the records of a phase are found. */
interface PhaseResultsOptions {
  readonly phase: string
  readonly directory: RunDirectory
  readonly workflow: ResolvedWorkflow
  readonly journal: Pick<Journal, 'state' | 'settle'>
}

/**
 * A reference to the records in a phase's files. Their order is that of the files. Records come as JSON has them: dates as
 * text, bytes as base64, NaN and infinities as null; from CSV and Parquet, missing fields as null. `schema` has the types
 * of these values.
 */
export class PhaseResults implements PhaseReference {
  readonly #options: PhaseResultsOptions

  constructor(options: PhaseResultsOptions) {
    this.#options = options
  }

  get workflowId(): string {
    return this.#options.directory.workflowId
  }

  get phase(): string {
    return this.#options.phase
  }

  get bytes(): number {
    return this.#commit?.counts.bytesWritten ?? 0
  }

  get tables(): readonly Table[] {
    return [{ field: null, rowCount: this.rowCount, bytes: this.bytes, schema: this.schema }]
  }

  get rowCount(): number {
    return this.#commit?.counts.written ?? 0
  }

  get schema(): Schema | null {
    const schema = this.#commit?.schema ?? null
    return schema && typesOfRows(schema)
  }

  /** All records. There may be more than memory holds: {@link rows} streams them. */
  async get(): Promise<ResultRecord[]> {
    const records: ResultRecord[] = []
    for await (const batch of this.#batches(new AbortController().signal)) records.push(...batch)
    return records
  }

  /**
   * The size, the checksum and the rows of each part are checked (`ERR_SPILLWAY_JOURNAL`).
   *
   * Memory: that of the reader of the format. Filtering by container reads all files. It is a field, not a method, so that a
   * reference that is put into an output is refused: without a field that cannot be serialized, an empty object would be
   * stored.
   */
  readonly rows: PhaseReference['rows'] = (given?: RowsOptions) => {
    const options = resolveRowsOptions(given)
    if (options.field !== undefined) {
      throw new SpillwayError(
        'ERR_SPILLWAY_OPTION',
        `The results of phase ${JSON.stringify(this.phase)} are one table: leave out \`field\`, got '${options.field}'`,
      )
    }
    const { results } = this.#options.workflow
    const { container } = resolveFieldNames(results === false ? undefined : results.fields)
    return rowsStream((signal) => this.#batches(signal), options, container)
  }

  /** All that is known without reading: for logs and for JSON output. */
  toJSON(): unknown {
    return { workflowId: this.workflowId, phase: this.phase, bytes: this.bytes, tables: this.tables }
  }

  /** The last commit: its rows, bytes and columns are those of the phase once its files are complete. */
  get #commit(): CommitEntry | undefined {
    return this.#options.journal.state.phase(this.phase).commit
  }

  async *#batches(signal: AbortSignal): AsyncGenerator<readonly ResultRecord[]> {
    const { journal, directory } = this.#options
    await journal.settle()
    for await (const part of closedParts(directory.path, this.phase)) yield* this.#part(part, signal)
  }

  /** Reads a part after its bytes were checked, so that no damaged record reaches a later phase. */
  async *#part(part: PartClosedEntry, signal: AbortSignal): AsyncGenerator<readonly ResultRecord[]> {
    const { path: directory } = this.#options.directory
    const path = join(directory, part.file)
    const damage = await damageOfPart(directory, part).catch((cause: unknown) => {
      throw this.#damaged(path, `cannot be read: ${messageOf(cause)}`, cause)
    })
    if (damage !== undefined) throw this.#damaged(path, damage)
    let rows = 0
    // Loaded on first use, so that a resume starts sooner.
    const { readPart } = await import('../reading/read-part.ts')
    for await (const batch of readPart(path, part.schema, signal, csvDialectOf(this.#options.workflow.results))) {
      rows += batch.length
      yield batch
    }
    if (rows !== part.rows) throw this.#damaged(path, `has ${quantityText(rows, 'row')}, not ${countText(part.rows)}`)
  }

  #damaged(path: string, problem: string, cause?: unknown): SpillwayError {
    return new SpillwayError(
      'ERR_SPILLWAY_JOURNAL',
      `${path} ${problem}. Restore the file, or run the phase again with --accept-changes ${this.phase}.`,
      { place: { phase: this.phase, path }, ...(cause !== undefined && { cause }) },
    )
  }
}
