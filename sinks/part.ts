/**
 * One file that is being written: a writer, which encodes records, and the open file, which takes the bytes.
 */
import type { AckLevel, Receipt } from '../lib/core/marker.ts'
import type { Column } from './columns/column.ts'
import type { ColumnType } from './columns/column-type.ts'
import type { OpenFile } from './files/open-file.ts'
import type { OpenRowsCopy, Pieces, RecordWriter } from './record-writer.ts'
import type { Refusal } from './values/values.ts'

/** What one part adds to the counts of its sink. */
export interface PartStats {
  /** Records whose bytes were passed to the file. */
  readonly written: number
  /** Bytes added to the file, as they are on disk. */
  readonly bytes: number
  /** Writes to the file. */
  readonly flushes: number
  readonly nonFinite: number
  readonly surrogates: number
}

/** The sum of two counts. */
export function addStats(one: PartStats, other: PartStats): PartStats {
  return {
    written: one.written + other.written,
    bytes: one.bytes + other.bytes,
    flushes: one.flushes + other.flushes,
    nonFinite: one.nonFinite + other.nonFinite,
    surrogates: one.surrogates + other.surrogates,
  }
}

/** A part file that was opened. */
export interface OpenedPart {
  /** Path of the file. */
  readonly path: string
  /** The columns known so far. Null for a format without columns. */
  readonly schema: PartSchema | null
}

/** A part file that is complete, durable and closed. */
export interface ClosedPart extends OpenedPart {
  /** Number of rows. */
  readonly rows: number
  /** Bytes of the file, as they are on disk. */
  readonly bytes: number
}

/** Columns by name, in file order. A type of null stands for a column that contains only nulls. */
export type PartSchema = Readonly<Record<string, ColumnType | null>>

/** Writes one file, from its first record to its last. */
export class Part {
  readonly #file: OpenFile
  readonly #writer: RecordWriter
  readonly #columns: readonly Column[] | null
  readonly #initialBytes: number
  #flushes = 0

  /** @param columns - the columns of the writer; null for a format without columns */
  constructor(file: OpenFile, writer: RecordWriter, columns: readonly Column[] | null) {
    this.#file = file
    this.#writer = writer
    this.#columns = columns
    this.#initialBytes = file.bytes
  }

  /** The description of the part right after it was opened. */
  get opened(): OpenedPart {
    const schema = this.#columns && Object.fromEntries(this.#columns.map(({ name, type }) => [name, type]))
    return { path: this.#file.path, schema }
  }

  /** The description of the part after it was closed. */
  get closed(): ClosedPart {
    return { ...this.opened, rows: this.rows, bytes: this.bytes }
  }

  /** Records written to the part so far. */
  get rows(): number {
    return this.#writer.rows
  }

  /** Whether further records should go to a new part. */
  get shouldRotate(): boolean {
    return this.#writer.shouldRotate
  }

  /** Bytes of the file, including those in flight. */
  get bytes(): number {
    return this.#file.bytes
  }

  /** Why the last {@link write} stopped before a record. Undefined when no record was refused. */
  get refusal(): Refusal | undefined {
    return this.#writer.refusal
  }

  /** Whether {@link flush} must be called before more records are written. */
  get full(): boolean {
    return this.#writer.full
  }

  get stats(): PartStats {
    return {
      written: this.#file.rows,
      bytes: this.#file.bytes - this.#initialBytes,
      flushes: this.#flushes,
      ...this.#writer.changed,
    }
  }

  /** Encodes records. See {@link RecordWriter.write}. */
  write(records: readonly unknown[], from: number, to: number): number {
    return this.#writer.write(records, from, to)
  }

  /** Starts to write the bytes that are due. */
  async flush(): Promise<void> {
    await this.#append(this.#writer.take())
  }

  /** See {@link RecordWriter.copyOpenRows}. */
  copyOpenRows(): OpenRowsCopy | undefined {
    return this.#writer.copyOpenRows()
  }

  /** How far the file reaches without the records that {@link copyOpenRows} has. */
  get receipt(): Receipt {
    return { path: this.#file.path, offsetBytes: this.#file.bytes, rows: this.#writer.rowsHandedOver }
  }

  /** Starts to write the bytes that make the file complete, with every record written so far. */
  async checkpoint(): Promise<Receipt> {
    await this.#append(this.#writer.checkpoint())
    return this.receipt
  }

  /** Waits until all bytes passed to the file so far are written, or durable. More may be written meanwhile. */
  async reach(level: AckLevel): Promise<void> {
    await (level === 'durable' ? this.#file.sync() : this.#file.settle())
  }

  /** Completes the file, makes it durable and closes it. The file is closed even if this fails. */
  async close(): Promise<void> {
    try {
      await this.#append(this.#writer.checkpoint())
    } finally {
      await this.#file.close()
    }
  }

  async #append(pieces: Pieces): Promise<void> {
    const before = this.#file.bytes
    await this.#file.append(pieces, () => this.#writer.rowsHandedOver)
    if (this.#file.bytes > before) this.#flushes += 1
  }
}
