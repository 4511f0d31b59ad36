/**
 * A reference to a stored output. It stays good when the output moves to the disk, and is told when another output has
 * taken its place.
 */
import type { Readable } from 'node:stream'
import type { Schema } from '../../sinks/columns/column.ts'
import { SpillwayError } from '../core/errors.ts'
import { knownHint } from '../core/options.ts'
import { DEFAULT_FIELD_NAMES, type ResultRecord } from '../core/record.ts'
import type { PhaseReference, RowsOptions, Table } from './reference.ts'
import { resolveRowsOptions, rowsStream } from './rows-stream.ts'
import { load, type OpenOutput, type StoredOutput } from './stored-output.ts'

/** Opens the output that a reference was made for; see `StoredOutput.open`. */
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

  /** @throws {SpillwayError} `ERR_SPILLWAY_OUTPUT` when it was replaced, cleaned up or damaged; `ERR_SPILLWAY_IO` */
  async get(): Promise<unknown> {
    const opened = await this.#open()
    try {
      return await load(this.tables, opened)
    } finally {
      await opened.close()
    }
  }

  /** Memory: a batch of rows, and a row group of Parquet. A field, so that a reference within an output is refused. */
  readonly rows = (given?: RowsOptions): Readable => {
    const options = resolveRowsOptions(given)
    const table = this.#indexOf(options.field)
    return rowsStream((signal) => this.#batches(table, signal), options, DEFAULT_FIELD_NAMES.container)
  }

  /** What can be told without reading: for logs and for JSON output. */
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
    if (fields.length === 0) throw noTable(`${which} holds no rows: get() loads it`)
    if (field === undefined) throw noTable(`${which} has several tables: choose one by \`field\`: ${known.join(', ')}`)
    throw noTable(`${which} has no table \`${field}\`. ${knownHint(field, known)}`)
  }
}

function noTable(message: string): SpillwayError {
  return new SpillwayError('ERR_SPILLWAY_OPTION', message)
}
