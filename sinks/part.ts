/**
 * One file being written: a writer that turns records into bytes, and the open file they go to.
 */
import type { AckLevel, Receipt } from '../lib/core/batch.ts'
import type { Column, ColumnType } from './columns/column.ts'
import type { OpenFile } from './files/open-file.ts'
import type { Pieces, RecordWriter } from './record-writer.ts'
import type { Refusal } from './values/values.ts'

/** What a part adds to the counts of its sink. */
export interface PartStats {
  /** Records whose bytes were handed to the file. */
  readonly written: number
  /** Bytes added to the file, as they are on disk. */
  readonly bytes: number
  /** Writes to the file. */
  readonly flushes: number
  readonly nonFinite: number
  readonly surrogates: number
}

/** The counts of two parts, or of all before and one more. */
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
  /** Its columns, as far as they are known; null for a format without columns. */
  readonly schema: PartSchema | null
}

/** A part file that is complete, durable and closed. */
export interface ClosedPart extends OpenedPart {
  /** Number of rows. */
  readonly rows: number
  /** Bytes of the file, as they are on disk. */
  readonly bytes: number
}

/** Columns by name, in file order; null stands for a column of nulls only. */
export type PartSchema = Readonly<Record<string, ColumnType | null>>

/** One file from its first record to its last. */
export class Part {
  readonly #file: OpenFile
  readonly #writer: RecordWriter
  readonly #columns: readonly Column[] | null
  readonly #initialBytes: number
  #flushes = 0

  /** @param columns - those of the writer; null for a format without columns */
  constructor(file: OpenFile, writer: RecordWriter, columns: readonly Column[] | null) {
    this.#file = file
    this.#writer = writer
    this.#columns = columns
    this.#initialBytes = file.bytes
  }

  /** What there is to say of the part when it has just been opened. */
  get opened(): OpenedPart {
    const schema = this.#columns && Object.fromEntries(this.#columns.map(({ name, type }) => [name, type]))
    return { path: this.#file.path, schema }
  }

  /** What there is to say of the part when it is closed. */
  get closed(): ClosedPart {
    return { ...this.opened, rows: this.rows, bytes: this.bytes }
  }

  /** Records taken. */
  get rows(): number {
    return this.#writer.rows
  }

  /** Whether further records belong into another part. */
  get shouldRotate(): boolean {
    return this.#writer.shouldRotate
  }

  /** Bytes of the file. */
  get bytes(): number {
    return this.#file.bytes
  }

  /** Why the last {@link write} stopped before a record; undefined when none was refused. */
  get refusal(): Refusal | undefined {
    return this.#writer.refusal
  }

  /** Whether {@link flush} is due before more records are written. */
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

  /** Encodes records; see {@link RecordWriter.write}. */
  write(records: readonly unknown[], from: number, to: number): number {
    return this.#writer.write(records, from, to)
  }

  /** Sends the bytes that are due on their way to the file. */
  async flush(): Promise<void> {
    await this.#append(this.#writer.take())
  }

  /** Records that {@link checkpoint} would make readable. */
  get openRows(): number {
    return this.#writer.openRows
  }

  /** Sends bytes on their way after which the file is complete and holds every record taken so far. */
  async checkpoint(): Promise<Receipt> {
    await this.#append(this.#writer.checkpoint())
    return { path: this.#file.path, offsetBytes: this.#file.bytes, rows: this.#writer.rows }
  }

  /** Waits until everything sent by now is in the file, or on the disk. More may be written meanwhile. */
  async reach(level: AckLevel): Promise<void> {
    await (level === 'durable' ? this.#file.sync() : this.#file.settle())
  }

  /** Completes the file, makes it durable and releases it; releases it also when that fails. */
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
