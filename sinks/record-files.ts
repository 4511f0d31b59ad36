/**
 * The work of a RecordSink without the stream: it takes records and writes files. It infers columns, opens and rotates
 * parts, passes rejected records on, and counts every record.
 *
 * Calls must not overlap. The hooks of the sink ensure this.
 */
import { notesOf, recordsOf } from '../lib/core/batch.ts'
import type { AckLevel, OpenRows, Receipt } from '../lib/core/marker.ts'
import type { RejectionHandler } from '../lib/core/rejection.ts'
import type { Column } from './columns/column.ts'
import { HeldRecords } from './columns/held-records.ts'
import { widenColumns } from './columns/infer-columns.ts'
import { Drift } from './drift.ts'
import { addStats, Part, type ClosedPart, type OpenedPart, type PartStats } from './part.ts'
import { PartSeries } from './part-series.ts'
import type { ResolvedRecordSinkOptions } from './options.ts'
import { findRefused, type Refusal } from './values/values.ts'
import { OpenRowsFiles } from './open-rows.ts'
import { loadWriter, type MakeWriter } from './writers.ts'

/** The columns of an empty Parquet file without a schema. Readers refuse a file without columns. */
const STANDARD_COLUMNS: readonly Column[] = [
  { name: 'phase', type: 'utf8' },
  { name: 'container', type: 'utf8' },
  { name: 'timestamp', type: 'utf8' },
]

const NO_COLUMNS: Refusal = {
  kind: 'value',
  reason: 'a record without fields cannot be written to a file with columns',
}

/** Counts of a sink. `recordsIn = written + rejected + inFlight` always holds. */
export interface RecordSinkStats {
  /** Records that reached the writer. Records in the queue of the stream are not included. */
  readonly recordsIn: number
  /** Records whose bytes were passed to a file. */
  readonly written: number
  /** Records that were rejected. */
  readonly rejected: number
  /** Records that wait until columns are inferred, or until their chunk or row group is full. */
  readonly inFlight: number
  /** Files opened. */
  readonly parts: number
  /** Files opened because of drift. */
  readonly rotations: number
  /** Bytes of all files, as they are on disk. */
  readonly bytesWritten: number
  /** Writes to files. */
  readonly flushes: number
  /** Numbers that were not finite and became null or text. */
  readonly nonFinite: number
  /** Strings in which an unpaired surrogate was replaced by U+FFFD. */
  readonly surrogates: number
  /** Records that were the same object as an earlier one that waited with them: what that held may be lost. */
  readonly repeated: number
  /** Names of options that were given but do not apply to the format. */
  readonly ignored: readonly string[]
}

/** The callbacks of {@link RecordFiles}. */
export interface RecordFilesHooks {
  /** Called with every record that cannot be written. */
  readonly onReject: RejectionHandler
  /** Called at once when a write in the background fails. */
  readonly onFailure: (error: Error) => void
  /** Called when a part was opened. */
  readonly onPartOpened: (part: OpenedPart) => void
  /** Called when a part is complete and durable. */
  readonly onPartClosed: (part: ClosedPart) => void
}

/** How far the files reach. */
export interface FilesReceipt extends Receipt {
  /** The records of the open row group, in a file of their own; null when all are in the part. */
  readonly openRows: OpenRows | null
}

/** Writes records to files. */
export class RecordFiles {
  readonly #options: ResolvedRecordSinkOptions
  readonly #hooks: RecordFilesHooks
  readonly #series: PartSeries
  readonly #openRows: OpenRowsFiles | undefined
  readonly #drift: Drift
  #makeWriter: MakeWriter | undefined
  #part: Part | undefined
  /** Null until the columns are known. */
  #columns: readonly Column[] | null
  /** Records that wait until the columns are inferred. */
  readonly #held: HeldRecords
  #recordsIn = 0
  #rejected = 0
  #parts = 0
  /** The receipt of the part that was closed last. */
  #lastReceipt: Receipt = { path: null, offsetBytes: 0, rows: 0 }
  /** The counts of all closed parts. */
  #closed: PartStats = { written: 0, bytes: 0, flushes: 0, nonFinite: 0, surrogates: 0 }

  /** @param openRowsDirectory - where {@link checkpoint} writes the records of a small row group; undefined: to the part */
  constructor(options: ResolvedRecordSinkOptions, hooks: RecordFilesHooks, openRowsDirectory: string | undefined) {
    this.#options = options
    this.#hooks = hooks
    this.#series = new PartSeries(options, hooks.onFailure)
    this.#held = new HeldRecords(options)
    this.#drift = new Drift(options)
    this.#openRows =
      openRowsDirectory === undefined
        ? undefined
        : new OpenRowsFiles(openRowsDirectory, options.openTarget, hooks.onFailure)
    this.#columns = options.format === 'jsonl' ? [] : options.schema
  }

  get stats(): Omit<RecordSinkStats, 'repeated'> {
    const { written, bytes, ...rest } =
      this.#part === undefined ? this.#closed : addStats(this.#closed, this.#part.stats)
    return {
      ...rest,
      written,
      bytesWritten: bytes,
      recordsIn: this.#recordsIn,
      rejected: this.#rejected,
      inFlight: this.#recordsIn - written - this.#rejected,
      parts: this.#parts,
      rotations: this.#drift.rotations,
      ignored: this.#options.ignored,
    }
  }

  /** Whether records wait until the columns are inferred. */
  get holdsRecords(): boolean {
    return !this.#held.isEmpty
  }

  /** The file, or the directory before a part is opened; null for a stream. */
  get path(): string | null {
    const { place } = this.#options
    if (place.kind === 'directory') return this.#part?.opened.path ?? place.path
    return place.kind === 'path' ? place.path : null
  }

  /**
   * Prepares the place, so that a place that cannot be written fails at once.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_EXISTS`, `ERR_SPILLWAY_IO`
   */
  async open(): Promise<void> {
    this.#makeWriter = await loadWriter(this.#options)
    await this.#series.prepare()
  }

  /** Writes a record or a batch. */
  async write(chunk: unknown): Promise<void> {
    const records = recordsOf(chunk)
    this.#recordsIn += records.length
    if (this.#columns !== null) await this.#encode(chunk)
    else {
      this.#held.add(chunk)
      if (this.#held.isFull) await this.#release()
    }
  }

  /** Starts to write the encoded bytes. */
  async flush(): Promise<void> {
    await this.#part?.flush()
    if (this.#isComplete()) await this.#closePart()
  }

  /**
   * Starts to write all records so far, so that they become readable. {@link reach} waits until they are. Columns are
   * inferred from fewer records than `inferRows` when there are not more.
   */
  async checkpoint(): Promise<FilesReceipt> {
    await this.#release()
    const part = this.#part
    if (part === undefined) return { ...this.#lastReceipt, openRows: null }
    const copy = this.#openRows && part.copyOpenRows()
    if (copy === undefined) return { ...(await part.checkpoint()), openRows: null }
    return { ...part.receipt, openRows: (await this.#openRows?.write(copy)) ?? null }
  }

  /** Waits until all bytes passed to the files so far are written, or durable. More may be written meanwhile. */
  async reach(level: AckLevel): Promise<void> {
    await Promise.all([this.#part?.reach(level), this.#openRows?.sync()])
  }

  /** Closes the open part. The next record opens another part. Does nothing if the place has no parts. */
  async rotate(): Promise<void> {
    if (this.#options.place.kind === 'directory') await this.#closePart()
  }

  /** Completes and closes all files. A plain file is completed even without records. */
  async close(): Promise<void> {
    await this.#release()
    if (this.#options.place.kind !== 'directory' && this.#part === undefined) {
      const columns = this.#columns ?? []
      await this.#openPart(columns.length === 0 && this.#options.format === 'parquet' ? STANDARD_COLUMNS : columns)
    }
    await this.#closePart()
    await this.#series.close()
  }

  /** Closes all files after a failure. Bytes that are already encoded are still written if that is possible. */
  async abandon(): Promise<void> {
    await this.#openRows?.sync().catch(() => {})
    await this.#closePart().catch(() => {})
    await this.#series.close().catch(() => {})
  }

  /** Records that were encoded or rejected. */
  get #encoded(): number {
    return this.#closed.written + (this.#part?.rows ?? 0) + this.#rejected
  }

  /** Infers the columns from the held records, if there are any, and writes these records. */
  async #release(): Promise<void> {
    if (this.#held.isEmpty) return
    const { chunks, columns } = this.#held.release()
    this.#columns = columns
    for (const chunk of chunks) await this.#encode(chunk)
  }

  async #encode(chunk: unknown): Promise<void> {
    const records = recordsOf(chunk)
    const rejected: number[] = []
    for (let index = 0; index < records.length;) {
      const part = this.#part ?? (await this.#openPartFor(records[index]))
      if (part !== undefined) index = part.write(records, index, this.#lastRowOf(part, index, records.length))
      const refusal = part === undefined ? (findRefused(records[index]) ?? NO_COLUMNS) : part.refusal
      if (refusal !== undefined && !(await this.#rotateFor(records[index], refusal))) {
        await this.#reject(records[index], refusal)
        rejected.push(index)
        index += 1
      }
      if (this.#part?.full === true) await this.#part.flush()
      if (this.#isComplete()) await this.#closePart()
    }
    notesOf(chunk).onWritten?.(rejected)
  }

  /** Opens a part whose columns fit `record`. Undefined when there are no columns to open it with. */
  async #openPartFor(record: unknown): Promise<Part | undefined> {
    if (this.#options.format !== 'jsonl' && this.#columns?.length === 0 && findRefused(record) === undefined) {
      this.#columns = widenColumns(this.#columns, record, this.#options)
    }
    const columns = this.#columns ?? []
    return this.#options.format === 'jsonl' || columns.length > 0 ? this.#openPart(columns) : undefined
  }

  async #openPart(columns: readonly Column[]): Promise<Part> {
    if (this.#makeWriter === undefined) throw new TypeError('open() comes first')
    const writer = this.#makeWriter(columns)
    const file = await this.#series.next()
    const part = new Part(file, writer, this.#options.format === 'jsonl' ? null : columns)
    this.#part = part
    this.#parts += 1
    this.#hooks.onPartOpened(part.opened)
    return part
  }

  async #closePart(): Promise<void> {
    const part = this.#part
    if (part === undefined) return
    this.#part = undefined
    try {
      await part.close()
    } finally {
      this.#closed = addStats(this.#closed, part.stats)
    }
    const { path, bytes, rows } = part.closed
    this.#lastReceipt = { path, offsetBytes: bytes, rows }
    this.#hooks.onPartClosed(part.closed)
  }

  #lastRowOf(part: Part, index: number, length: number): number {
    return Math.min(length, index + this.#options.partMaxRows - part.rows)
  }

  #isComplete(): boolean {
    const { partMaxRows, partMaxBytes } = this.#options
    const part = this.#part
    if (part === undefined) return false
    return part.rows >= partMaxRows || part.bytes >= partMaxBytes || (part.shouldRotate && this.#series.hasParts)
  }

  /** On drift, starts a new part with wider columns. Returns false when the record must be rejected. */
  async #rotateFor(record: unknown, refusal: Refusal): Promise<boolean> {
    if (!this.#drift.rotatesFor(refusal, this.#encoded)) return false
    this.#columns = widenColumns(this.#columns ?? [], record, this.#options)
    await this.#closePart()
    return true
  }

  async #reject(record: unknown, { reason, field }: Refusal): Promise<void> {
    this.#rejected += 1
    await this.#hooks.onReject({ stage: 'encode', reason, ...(field !== undefined && { field }), record })
  }
}
