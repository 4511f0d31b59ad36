/**
 * JSON lines: one record a line, as JSON.stringify writes it wherever JSON can say what the record holds. Records that
 * are alike are written as one array whose commas become newlines: a call for each of them takes a seventh longer.
 */
import { firstKeyOf, JsonText, type NonFinitePolicy } from '../values/json-text.ts'
import type { ChangedValues } from '../record-writer.ts'
import { PIECE_UNITS, type TextCompression } from './text-chunk.ts'
import { TextWriter } from './text-writer.ts'

/** Options of {@link JsonlWriter}. */
export interface JsonlWriterOptions {
  readonly compression: TextCompression
  readonly nonFinite: NonFinitePolicy
}

/** Records of an array at most: more of them gain nothing, and longer ones may follow. */
const MOST_TOGETHER = 64

/** Keys that stand as they are in JSON, and can be searched for in bytes. */
const WORD = /^\w+$/

/**
 * Writes JSON lines. Memory: that of a TextChunk, and the text of one record, or of up to 64 that make 16 KB if they are
 * as long as those before.
 */
export class JsonlWriter extends TextWriter {
  readonly #json: JsonText
  /** Records that make a piece, by the length of those before. */
  #together = 1
  /** Whether no array has had its items' boundary within an item so far. */
  #separable = true

  constructor(options: JsonlWriterOptions) {
    super(options.compression)
    this.#json = new JsonText(options.nonFinite)
  }

  get changed(): ChangedValues {
    return { nonFinite: this.#json.nonFinite, surrogates: 0 }
  }

  protected encode(records: readonly unknown[], from: number, to: number): number {
    let index = from
    while (index < to && !this.chunk.full) {
      const added = this.#appendTogether(records, index, Math.min(to, index + this.#together))
      if (added === 0 && !this.#append(records[index])) break
      index += added || 1
    }
    return index
  }

  /** Adds one record, or refuses it. */
  #append(record: unknown): boolean {
    const line = this.#json.ofRecord(record)
    if (line === undefined) {
      this.refused = this.#json.refusal
      return false
    }
    this.chunk.append(`${line}\n`)
    this.#fitTogether(line.length)
    return true
  }

  /**
   * Adds the records from `from` on that begin with the same key, two at least, and returns how many; 0 when they have to
   * go one by one.
   *
   * Where one of them ends and the next begins, the array has `},{"<key>":`. A string in it cannot have that, as its quotes
   * are escaped and its end is not followed by a letter. Only a list of objects that begin with the key can, and then
   * it is found too often.
   */
  #appendTogether(records: readonly unknown[], from: number, to: number): number {
    if (!this.#separable || to - from < 2) return 0
    const key = firstKeyOf(records[from])
    if (key === undefined || !WORD.test(key)) return 0
    let end = from + 1
    while (end < to && firstKeyOf(records[end]) === key) end++
    const count = end - from
    if (count < 2) return 0
    const array = textOf(records.slice(from, end))
    this.#separable = array !== undefined && this.chunk.appendItems(array, `},{"${key}":`, count)
    if (array === undefined || !this.#separable) return 0
    this.#fitTogether(array.length / count)
    return count
  }

  #fitTogether(unitsPerRecord: number): void {
    this.#together = Math.min(MOST_TOGETHER, Math.floor(PIECE_UNITS / unitsPerRecord))
  }
}

/** The JSON of records; undefined when one of them throws, which it did not do when it was read before. */
function textOf(records: readonly unknown[]): string | undefined {
  try {
    return JSON.stringify(records)
  } catch {
    return undefined
  }
}
