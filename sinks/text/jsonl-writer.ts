/**
 * JSON lines: one record a line, as JSON.stringify writes it wherever JSON can say what the record holds. Records that
 * begin with the same key are written as one array whose commas become newlines: a call for each of them takes longer
 * (`npm run bench -- jsonl-arrays`).
 */
import { firstKeyOf, JsonText, type NonFinitePolicy } from '../values/json-text.ts'
import type { ChangedValues } from '../record-writer.ts'
import { PIECE_UNITS, type TextCompression } from './text-chunk.ts'
import { TextWriter } from './text-writer.ts'

/** Options of {@link JsonlWriter}. */
interface JsonlWriterOptions {
  readonly compression: TextCompression
  readonly nonFinite: NonFinitePolicy
}

/** Records of an array at most: more of them gain nothing, and longer ones may follow. */
const MOST_TOGETHER = 64

/** The value of `mostTogether` that turns arrays off. */
export const ONE_BY_ONE = 1

/** Keys that stand as they are in JSON, and can be searched for in bytes. */
const WORD = /^\w+$/

/**
 * Writes JSON lines. Memory: that of a TextChunk, and the text of one record, or of up to 64 that make 16 KB if they are
 * as long as those before.
 */
export class JsonlWriter extends TextWriter {
  readonly #json: JsonText
  readonly #mostTogether: number
  /** Records that make a piece, by the length of those before. */
  #together = 1
  /** Whether no array has had its items' boundary within an item so far. */
  #separable = true

  /** @param mostTogether - records of an array at most; with {@link ONE_BY_ONE}, the same bytes are made without arrays */
  constructor(options: JsonlWriterOptions, mostTogether = MOST_TOGETHER) {
    super(options.compression)
    this.#json = new JsonText(options.nonFinite)
    this.#mostTogether = mostTogether
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
   * Where one of them ends and the next begins, the array has the boundary `},{"<key>":`. So has a list in a record, if
   * its objects begin with the key. A string cannot have it: its quotes are escaped, and no letter follows its end.
   *
   * An example of two records, whose second one has the text of a boundary in a string:
   *
   *     records   { id: 1, note: 'a' }  { id: 2, note: '},{"id":' }
   *     array     [{"id":1,"note":"a"},{"id":2,"note":"},{\"id\":"}]
   *     boundary                     },{"id":
   *     lines     {"id":1,"note":"a"}⏎{"id":2,"note":"},{\"id\":"}⏎
   *
   * The boundary is found once, which is once less than there are records. So the comma in it becomes a newline, and so
   * does the bracket at the end; the bracket at the start is left out. No other byte changes.
   *
   * An example that is not separable, as the boundary is also in a list:
   *
   *     records   { id: [{ id: 1 }, { id: 2 }] }  { id: 3 }
   *     array     [{"id":[{"id":1},{"id":2}]},{"id":3}]
   *     boundary                 },{"id":   },{"id":
   *
   * It is found twice for two records, and nothing tells which one is within a record. So the array is not used: each
   * record becomes a text by itself, and no more arrays are made for this file.
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
    this.#together = Math.min(this.#mostTogether, Math.floor(PIECE_UNITS / unitsPerRecord))
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
