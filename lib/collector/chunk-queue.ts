/**
 * A queue of records and batches, with a limit of records and a limit of bytes. It returns batches or single records.
 * All bytes of a batch count until its last record is taken.
 */
import { failMarker, notesOf } from '../core/batch.ts'
import { estimateBytes } from '../core/estimate-bytes.ts'

/** Options of {@link ChunkQueue}. */
export interface ChunkQueueOptions {
  /** Limit of records in the queue. */
  readonly maxRecords: number
  /** Limit of bytes in the queue, by an estimate of the memory of the records. */
  readonly maxBytes: number
  /** Return arrays (added arrays are returned unchanged), not single records. */
  readonly batches: boolean
}

/** A record or a batch, with its number of records and its bytes. */
export interface WeighedChunk {
  readonly chunk: unknown
  readonly records: number
  /** Estimated bytes. */
  readonly bytes: number
}

/** An entry of a linked list: removing the first element of a long array would move all others. */
interface Entry extends WeighedChunk {
  next: Entry | undefined
}

/** Determines the number of records and the estimated bytes of a chunk. */
export function weigh(chunk: unknown): WeighedChunk {
  return { chunk, records: Array.isArray(chunk) ? chunk.length : 1, bytes: estimateBytes(chunk) }
}

/** A bounded queue: first in, first out. */
export class ChunkQueue {
  readonly #options: ChunkQueueOptions
  #first: Entry | undefined
  #last: Entry | undefined
  #records = 0
  #bytes = 0
  /** Number of records of the first chunk that were taken. */
  #taken = 0

  constructor(options: ChunkQueueOptions) {
    this.#options = options
  }

  /** Number of records in the queue. */
  get records(): number {
    return this.#records
  }

  /** Estimated bytes in the queue. */
  get bytes(): number {
    return this.#bytes
  }

  get isEmpty(): boolean {
    return this.#first === undefined
  }

  /** Whether some, but not all, records of the first chunk were taken. */
  get isMidChunk(): boolean {
    return this.#taken > 0
  }

  /** Whether a chunk fits within the limits. An empty queue accepts any chunk, so that a large one is never blocked. */
  fits({ records, bytes }: WeighedChunk): boolean {
    const { maxRecords, maxBytes } = this.#options
    return this.isEmpty || (this.#records + records <= maxRecords && this.#bytes + bytes <= maxBytes)
  }

  /** Adds a chunk. It does not check whether the chunk fits. */
  add({ chunk, records, bytes }: WeighedChunk): void {
    // For single records, an empty array has no meaning, unless it carries a marker.
    if (records === 0 && !this.#options.batches && notesOf(chunk).marker === undefined) return
    const entry: Entry = { chunk, records, bytes, next: undefined }
    if (this.#last === undefined) this.#first = entry
    else this.#last.next = entry
    this.#last = entry
    this.#records += records
    this.#bytes += bytes
  }

  /** Removes the next array or record and returns it. The queue must not be empty. */
  take(): unknown {
    const { chunk, records } = this.#first as Entry
    const whole = this.#options.batches || records === 0 || !Array.isArray(chunk)
    if (!whole) {
      const record: unknown = chunk[this.#taken]
      this.#taken += 1
      this.#records -= 1
      if (this.#taken === records) this.#removeFirst()
      // A pushed null would end the stream. In an array it reaches the sink, which rejects it with a reason.
      return record ?? [record]
    }
    this.#records -= records
    this.#removeFirst()
    return this.#options.batches && !Array.isArray(chunk) ? [chunk] : chunk
  }

  /** Removes all chunks. Markers fail with `reason`, so that no code waits for them forever. */
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
