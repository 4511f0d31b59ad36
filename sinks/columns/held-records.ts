/**
 * The first records of a sink, held until columns can be inferred from them.
 */
import { recordsOf } from '../../lib/core/batch.ts'
import { estimateReadable } from '../../lib/core/estimate-bytes.ts'
import { findRefused } from '../values/values.ts'
import type { Column } from './column.ts'
import { ColumnInference } from './infer-columns.ts'
import type { InferredTypes } from './inferred-types.ts'

/** How many records columns are inferred from, and how. */
interface HeldRecordsOptions extends InferredTypes {
  readonly inferRows: number
  /** Limit for the estimated bytes of these records. */
  readonly inferBytes: number
}

/** Holds chunks. Memory: records up to the first limit, and the rest of their last chunk. */
export class HeldRecords {
  readonly #options: HeldRecordsOptions
  #chunks: unknown[] = []
  /** The number of records, from the first on, that columns are inferred from. */
  #rows = 0
  #bytes = 0

  constructor(options: HeldRecordsOptions) {
    this.#options = options
  }

  get isEmpty(): boolean {
    return this.#chunks.length === 0
  }

  /** Whether there are enough records. It does not depend on how these were batched. */
  get isFull(): boolean {
    const { inferRows, inferBytes } = this.#options
    return this.#rows >= inferRows || this.#bytes >= inferBytes
  }

  add(chunk: unknown): void {
    this.#chunks.push(chunk)
    for (const record of recordsOf(chunk)) {
      if (this.isFull) break
      this.#rows += 1
      this.#bytes += estimateReadable(record)
    }
  }

  /** Infers the columns from the records up to the limit, and returns all chunks. */
  release(): { readonly chunks: readonly unknown[]; readonly columns: readonly Column[] } {
    const chunks = this.#chunks
    this.#chunks = []
    const inference = new ColumnInference([], this.#options)
    for (const record of chunks.flatMap(recordsOf).slice(0, this.#rows)) {
      if (findRefused(record) === undefined) inference.add(record)
    }
    return { chunks, columns: inference.columns }
  }
}
