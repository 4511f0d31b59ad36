/**
 * Collects records into batches of a bounded number of records and bytes, and keeps what is known of them
 * (who made which run) beside the batch it hands out. No streams and no clocks in here.
 */
import { annotate, type Batch, type Segment } from '../../lib/core/batch.ts'
import { sameObject } from '../../lib/core/diagnostics.ts'
import type { ResultRecord } from '../../lib/core/record.ts'
import { estimateBytes } from '../../lib/core/estimate-bytes.ts'

/** What a run of records is marked with when some of its batch is identified and it is not. */
const UNKNOWN: Segment = { count: 0, containerIndex: -1, iteration: 0, attempt: 0, firstSeq: 0 }

/** Of light records every eighth is weighed, and those after it are taken to weigh the same. */
const WEIGHED_EVERY = 8

/** Records are light when so many of them stay within the bound in bytes. */
const LIGHT_RECORDS = 64

/** Bounds of one batch. */
interface BatchBounds {
  readonly maxRecords: number
  /** By an estimate. Up to seven records heavier than those before them may go unnoticed. */
  readonly maxBytes: number
}

/** A segment that grows with each record of the same maker. */
type OpenSegment = Segment & { count: number }

/** The records waiting for the next batch. */
export class BatchBuffer {
  readonly #bounds: BatchBounds
  #records: ResultRecord[] = []
  #segments: OpenSegment[] = []
  #identified = false
  #bytes = 0
  #lastWeight = 0
  readonly #leastHeavyBytes: number
  /** Repeats in the batch, and in all before it. */
  #repeats = 0
  #repeated = 0

  constructor(bounds: BatchBounds) {
    this.#bounds = bounds
    this.#leastHeavyBytes = bounds.maxBytes / LIGHT_RECORDS
  }

  /** Records waiting. */
  get length(): number {
    return this.#records.length
  }

  /** Estimated bytes waiting. */
  get bytes(): number {
    return this.#bytes
  }

  /** How often the first record of a batch, or the one just before, was the same object as the next one. */
  get repeated(): number {
    return this.#repeated
  }

  /** Whether the batch is due: {@link take} before adding more. */
  get full(): boolean {
    return this.#records.length >= this.#bounds.maxRecords || this.#bytes >= this.#bounds.maxBytes
  }

  /**
   * Adds `records` from index `from` up to `to`, or up to where the batch is full, and returns the index reached.
   *
   * @param segment - who made the records from `from` on; its `count` is not looked at
   */
  addRun(records: readonly ResultRecord[], from: number, to: number, segment?: Segment): number {
    let index = from
    while (index < to && !this.full) {
      const record = records[index++] as ResultRecord
      this.#bytes += this.#weigh(record)
      this.#watchForRepeat(record)
      this.#records.push(record)
    }
    const added = index - from
    if (segment !== undefined || this.#identified) this.#note(segment ?? UNKNOWN, added)
    return index
  }

  /** The records so far as one batch; the buffer is empty afterwards. */
  take(): Batch {
    const batch = this.#records as Batch
    if (this.#identified) annotate(batch, { segments: this.#segments })
    if (this.#repeats > 0) this.#tellOfRepeats()
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

  /** The bytes a record counts for: looking at each of many small ones would cost more than it tells. */
  #weigh(record: ResultRecord): number {
    const isDue = this.#records.length % WEIGHED_EVERY === 0
    if (isDue || this.#lastWeight > this.#leastHeavyBytes) this.#lastWeight = estimateReadable(record)
    return this.#lastWeight
  }

  /** A generator that changes one object, or a few in turn, and yields them again has overwritten its earlier records. */
  #watchForRepeat(record: ResultRecord): void {
    const records = this.#records
    if (records.length > 0 && (record === records[0] || record === records[records.length - 1])) this.#repeats++
  }

  #tellOfRepeats(): void {
    if (this.#repeated === 0) {
      process.emitWarning(
        'One object was written more than once within a batch: if it changed in between, its earlier states are lost. Write a new object for each record.',
        { code: 'SPILLWAY_SAME_OBJECT' },
      )
    }
    this.#repeated += this.#repeats
    sameObject.publish({ repeated: this.#repeats })
    this.#repeats = 0
  }
}

/** The estimated bytes of a record; none for one that throws when it is read, which the sink will reject. */
function estimateReadable(record: ResultRecord): number {
  try {
    return estimateBytes(record)
  } catch {
    return 0
  }
}

function continues(last: Segment, next: Segment): boolean {
  if (last.containerIndex !== next.containerIndex) return false
  if (next.containerIndex === UNKNOWN.containerIndex) return true
  return (
    last.iteration === next.iteration && last.attempt === next.attempt && last.firstSeq + last.count === next.firstSeq
  )
}
