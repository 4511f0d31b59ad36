/**
 * A queue of records and batches with bounds in records and in bytes. It hands out what it took in as batches or as
 * single records; a batch counts until its last record has left.
 */
import { failMarker, notesOf } from '../core/batch.ts'
import { estimateBytes } from '../core/estimate-bytes.ts'

/** The bounds of a {@link ChunkQueue}, and what it hands out. */
export interface ChunkQueueOptions {
  readonly maxRecords: number
  /** By an estimate of what the records hold in memory. */
  readonly maxBytes: number
  /** Hand out arrays, those that came as they are; else single records. */
  readonly batches: boolean
}

/** A record or a batch, and what it counts for. */
export interface WeighedChunk {
  readonly chunk: unknown
  readonly records: number
  readonly bytes: number
}

/** Linked, as taking the first out of a long array would move all the others. */
interface Entry extends WeighedChunk {
  next: Entry | undefined
}

/** What a chunk counts for. */
export function weigh(chunk: unknown): WeighedChunk {
  return { chunk, records: Array.isArray(chunk) ? chunk.length : 1, bytes: estimateBytes(chunk) }
}

/** A bounded queue, first in, first out. */
export class ChunkQueue {
  readonly #options: ChunkQueueOptions
  #first: Entry | undefined
  #last: Entry | undefined
  #records = 0
  #bytes = 0
  /** Records of the first chunk that have left. */
  #taken = 0

  constructor(options: ChunkQueueOptions) {
    this.#options = options
  }

  /** Records in the queue. */
  get records(): number {
    return this.#records
  }

  /** Their estimated bytes. */
  get bytes(): number {
    return this.#bytes
  }

  get isEmpty(): boolean {
    return this.#first === undefined
  }

  /** Whether some records of the first chunk have left, and some have not. */
  get isMidChunk(): boolean {
    return this.#taken > 0
  }

  /** Whether a chunk stays within the bounds. An empty queue takes any, or a large one would never get through. */
  fits({ records, bytes }: WeighedChunk): boolean {
    const { maxRecords, maxBytes } = this.#options
    return this.isEmpty || (this.#records + records <= maxRecords && this.#bytes + bytes <= maxBytes)
  }

  /** Adds a chunk, whether it fits or not. */
  add({ chunk, records, bytes }: WeighedChunk): void {
    // Among single records, an array without any means nothing, unless it is a marker.
    if (records === 0 && !this.#options.batches && notesOf(chunk).marker === undefined) return
    const entry: Entry = { chunk, records, bytes, next: undefined }
    if (this.#last === undefined) this.#first = entry
    else this.#last.next = entry
    this.#last = entry
    this.#records += records
    this.#bytes += bytes
  }

  /** Takes out the next array or record; not to be called when the queue is empty. */
  take(): unknown {
    const { chunk, records } = this.#first as Entry
    const whole = this.#options.batches || records === 0 || !Array.isArray(chunk)
    if (!whole) {
      const record: unknown = chunk[this.#taken]
      this.#taken += 1
      this.#records -= 1
      if (this.#taken === records) this.#removeFirst()
      // null would end the stream it is pushed to: inside an array, whoever writes it down says what is wrong with it.
      return record ?? [record]
    }
    this.#records -= records
    this.#removeFirst()
    return this.#options.batches && !Array.isArray(chunk) ? [chunk] : chunk
  }

  /** Drops everything. Markers fail with `reason`, so that nobody waits for them. */
  clear(reason: Error): void {
    for (let entry = this.#first; entry !== undefined; entry = entry.next) failMarker(entry.chunk, reason)
    this.#first = this.#last = undefined
    this.#records = this.#bytes = this.#taken = 0
  }

  #removeFirst(): void {
    const { bytes, next } = this.#first as Entry
    this.#first = next
    if (next === undefined) this.#last = undefined
    this.#bytes -= bytes
    this.#taken = 0
  }
}
