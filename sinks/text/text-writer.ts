/**
 * What the writers of text formats share: a chunk of text, and the counts of the rows in it. A record is text at once, so
 * every chunk leaves the file complete, and no row waits for a checkpoint.
 */
import type { ChangedValues, RecordWriter } from '../record-writer.ts'
import type { Refusal } from '../values/values.ts'
import { TextChunk, type TextCompression } from './text-chunk.ts'

/** Writes text. Memory: that of a TextChunk. */
export abstract class TextWriter implements RecordWriter {
  protected readonly chunk: TextChunk
  /** Why {@link encode} stopped before a record. */
  protected refused: Refusal | undefined
  #rows = 0
  #rowsHandedOver = 0

  constructor(compression: TextCompression) {
    this.chunk = new TextChunk(compression)
  }

  abstract get changed(): ChangedValues

  get rows(): number {
    return this.#rows
  }

  get rowsHandedOver(): number {
    return this.#rowsHandedOver
  }

  get full(): boolean {
    return this.chunk.full
  }

  get shouldRotate(): boolean {
    return false
  }

  get refusal(): Refusal | undefined {
    return this.refused
  }

  write(records: readonly unknown[], from: number, to: number): number {
    this.refused = undefined
    const index = this.encode(records, from, to)
    this.#rows += index - from
    return index
  }

  async *take(): AsyncGenerator<Uint8Array> {
    this.#rowsHandedOver = this.#rows
    yield await this.chunk.take()
  }

  checkpoint(): AsyncGenerator<Uint8Array> {
    return this.take()
  }

  copyOpenRows(): undefined {
    return undefined
  }

  /** Adds records to the chunk, with the result of {@link write}. */
  protected abstract encode(records: readonly unknown[], from: number, to: number): number
}
