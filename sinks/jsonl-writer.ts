/**
 * JSON lines: one record a line, as JSON.stringify writes it wherever JSON can say what the record holds.
 */
import { JsonText, type NonFinitePolicy } from './json-text.ts'
import type { ChangedValues, RecordWriter } from './record-writer.ts'
import { TextChunk, type TextCompression } from './text-chunk.ts'
import type { Refusal } from './values.ts'

/** Options of {@link JsonlWriter}. */
export interface JsonlWriterOptions {
  readonly compression: TextCompression
  readonly nonFinite: NonFinitePolicy
}

/** Writes JSON lines. Memory: that of a TextChunk, and the line at hand. */
export class JsonlWriter implements RecordWriter {
  readonly #json: JsonText
  readonly #chunk: TextChunk
  #rows = 0
  #rowsHandedOver = 0
  #refusal: Refusal | undefined

  constructor(options: JsonlWriterOptions) {
    this.#json = new JsonText(options.nonFinite)
    this.#chunk = new TextChunk(options.compression)
  }

  get rows(): number {
    return this.#rows
  }

  get rowsHandedOver(): number {
    return this.#rowsHandedOver
  }

  get openRows(): number {
    return 0
  }

  get full(): boolean {
    return this.#chunk.full
  }

  get worn(): boolean {
    return false
  }

  get refusal(): Refusal | undefined {
    return this.#refusal
  }

  get changed(): ChangedValues {
    return { nonFinite: this.#json.nonFinite, surrogates: 0 }
  }

  write(records: readonly unknown[], from: number, to: number): number {
    this.#refusal = undefined
    let index = from
    for (; index < to && !this.#chunk.full; index++) {
      const line = this.#json.ofRecord(records[index])
      if (line === undefined) {
        this.#refusal = this.#json.refusal
        break
      }
      this.#chunk.append(`${line}\n`)
    }
    this.#rows += index - from
    return index
  }

  async *take(): AsyncGenerator<Uint8Array> {
    this.#rowsHandedOver = this.#rows
    yield await this.#chunk.take()
  }

  checkpoint(): AsyncGenerator<Uint8Array> {
    return this.take()
  }
}
