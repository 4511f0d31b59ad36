/**
 * Collects records into batches with a limited number of records and bytes. Each batch it returns keeps the notes about
 * its records (which container made which of them). It uses no streams and no timers.
 */
import { annotate, type Batch, type Segment } from '../../lib/core/batch.ts'
import type { ResultRecord } from '../../lib/core/record.ts'
import { estimateReadable } from '../../lib/core/estimate-bytes.ts'

/** The segment of records without identity in a batch that also has records with identity. */
const UNKNOWN: Segment = { count: 0, containerIndex: -1, iteration: 0, attempt: 0, firstSeq: 0 }

/** Of small records, every eighth is measured. The records after it are assumed to have the same size. */
const MEASURE_EVERY = 8

/** Records are small when at least this many of them fit the limit in bytes. */
const SMALL_RECORDS = 64

/** Limits of one batch. */
interface BatchBounds {
  readonly maxRecords: number
  /** Limit of the estimated bytes. Up to seven records that are larger than those before them may be missed. */
  readonly maxBytes: number
}

/** A segment that grows with each further record of the same container. */
type OpenSegment = Segment & { count: number }

/** The records that wait for the next batch. */
export class BatchBuffer {
  readonly #bounds: BatchBounds
  #records: ResultRecord[] = []
  #segments: OpenSegment[] = []
  #identified = false
  #bytes = 0
  #lastBytes = 0
  readonly #smallRecordBytes: number
  #repeated = 0

  constructor(bounds: BatchBounds) {
    this.#bounds = bounds
    this.#smallRecordBytes = bounds.maxBytes / SMALL_RECORDS
  }

  /** Records that wait. */
  get length(): number {
    return this.#records.length
  }

  /** Estimated bytes of the records that wait. */
  get bytes(): number {
    return this.#bytes
  }

  /** How often a record was the same object as the first record of its batch or the record just before it. */
  get repeated(): number {
    return this.#repeated
  }

  /** Whether the batch is full. Then {@link take} must be called before more records are added. */
  get full(): boolean {
    return this.#records.length >= this.#bounds.maxRecords || this.#bytes >= this.#bounds.maxBytes
  }

  /**
   * Adds one record; {@link take} first when the batch is full.
   *
   * @param segment - the container that made it; its `count` is ignored, and the object is not kept
   * @returns whether the batch is full now
   */
  add(record: ResultRecord, segment?: Segment): boolean {
    this.#push(record)
    if (segment !== undefined || this.#identified) this.#note(segment ?? UNKNOWN, 1)
    return this.full
  }

  /**
   * Adds `records` from index `from` up to `to`, or until the batch is full. Returns the index after the last record
   * added.
   *
   * @param segment - describes which container made the records from `from` on; its `count` is ignored, and the
   *   object is not kept
   */
  addRun(records: readonly ResultRecord[], from: number, to: number, segment?: Segment): number {
    let index = from
    while (index < to && !this.full) this.#push(records[index++] as ResultRecord)
    const added = index - from
    if (segment !== undefined || this.#identified) this.#note(segment ?? UNKNOWN, added)
    return index
  }

  /** Returns the records so far as one batch and empties the buffer. */
  take(): Batch {
    const batch = this.#records as Batch
    if (this.#identified) annotate(batch, { segments: this.#segments })
    this.#records = []
    this.#segments = []
    this.#identified = false
    this.#bytes = 0
    return batch
  }

  #note(segment: Segment, count: number): void {
    if (!this.#identified) {
      this.#identified = true
      const before = this.#records.length - count
      if (before > 0) this.#segments.push({ ...UNKNOWN, count: before })
    }
    const last = this.#segments.at(-1)
    if (last !== undefined && continues(last, segment)) last.count += count
    else this.#segments.push({ ...segment, count })
  }

  /**
   * Adds a record, its estimated bytes, and whether it is the same object as an earlier one: a generator that changes one
   * object, or a few in turn, and yields them again, overwrites its earlier records. This is one function because every
   * record passes it alone, and calls in it cost more than what they do (`npm run bench -- jsonl-search-records`).
   */
  #push(record: ResultRecord): void {
    const records = this.#records
    const { length } = records
    // Measuring every small record would take too long for little precision.
    if (length % MEASURE_EVERY === 0 || this.#lastBytes > this.#smallRecordBytes)
      this.#lastBytes = estimateReadable(record)
    this.#bytes += this.#lastBytes
    if (length > 0 && (record === records[0] || record === records[length - 1])) this.#repeated++
    records.push(record)
  }
}

function continues(last: Segment, next: Segment): boolean {
  if (last.containerIndex !== next.containerIndex) return false
  if (next.containerIndex === UNKNOWN.containerIndex) return true
  return (
    last.iteration === next.iteration && last.attempt === next.attempt && last.firstSeq + last.count === next.firstSeq
  )
}
