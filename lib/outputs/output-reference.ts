/**
 * A reference to a stored output. It stays valid when the output moves to the disk. It fails once the output is
 * replaced.
 */
import type { Schema } from '../../sinks/columns/column.ts'
import { SpillwayError } from '../core/errors.ts'
import { knownHint } from '../core/options.ts'
import { DEFAULT_FIELD_NAMES, type ResultRecord } from '../core/record.ts'
import type { PhaseReference, RowsOptions, Table } from './reference.ts'
import { resolveRowsOptions, rowsStream } from './rows-stream.ts'
import { load, type OpenOutput, type StoredOutput } from './stored-output.ts'

/** Opens the output of a reference; see `StoredOutput.open`. */
type OpenReferenced = (table?: number) => Promise<OpenOutput>

/** A reference to the output of a phase. */
export class OutputReference implements PhaseReference {
  readonly workflowId: string
  readonly phase: string
  readonly bytes: number
  readonly tables: readonly Table[]
  readonly #open: OpenReferenced

  constructor(workflowId: string, phase: string, output: StoredOutput, open: OpenReferenced) {
    this.workflowId = workflowId
    this.phase = phase
    this.bytes = output.bytes
    this.tables = output.tables
    this.#open = open
  }

  get rowCount(): number | null {
    return this.#onlyTable?.rowCount ?? null
  }

  get schema(): Schema | null {
    return this.#onlyTable?.schema ?? null
  }

  /**
   * @throws {SpillwayError} `ERR_SPILLWAY_OUTPUT` when the output was replaced, removed or damaged; `ERR_SPILLWAY_IO`
   */
  async get(): Promise<unknown> {
    const opened = await this.#open()
    try {
      return await load(this.tables, opened)
    } finally {
      await opened.close()
    }
  }

  /**
   * Memory: one batch of rows, and one row group of Parquet. This is a field, not a method: a function in a field makes
   * serialization fail, so an output that contains a reference is rejected.
   */
  readonly rows: PhaseReference['rows'] = (given?: RowsOptions) => {
    const options = resolveRowsOptions(given)
    const table = this.#indexOf(options.field)
    return rowsStream((signal) => this.#batches(table, signal), options, DEFAULT_FIELD_NAMES.container)
  }

  /** The properties that are known without reading the output, for logs and JSON. */
  toJSON(): unknown {
    return { workflowId: this.workflowId, phase: this.phase, bytes: this.bytes, tables: this.tables }
  }

  get #onlyTable(): Table | undefined {
    return this.tables.length === 1 ? this.tables[0] : undefined
  }

  async *#batches(table: number, signal: AbortSignal): AsyncGenerator<readonly ResultRecord[]> {
    const opened = await this.#open(table)
    try {
      for await (const batch of opened.rows(table)) {
        if (signal.aborted) return
        yield batch
      }
    } finally {
      await opened.close()
    }
  }

  #indexOf(field: string | undefined): number {
    const fields = this.tables.map((table) => table.field)
    if (field === undefined && fields.length === 1) return 0
    const index = field === undefined ? -1 : fields.indexOf(field)
    if (index >= 0) return index
    const known = fields.filter((name) => name !== null)
    const which = `The output of phase ${JSON.stringify(this.phase)}`
    if (fields.length === 0) throw optionError(`${which} has no table of rows. Load it with get()`)
    if (field === undefined) {
      throw optionError(`${which} has several tables. Choose one with \`field\`: ${known.join(', ')}`)
    }
    throw optionError(`${which} has no table \`${field}\`. ${knownHint(field, known)}`)
  }
}

function optionError(message: string): SpillwayError {
  return new SpillwayError('ERR_SPILLWAY_OPTION', message)
}
