/**
 * Columns of BYTE_ARRAY: bytes, and text with a dictionary for as long as that is worth it.
 */
import { grownCapacity } from './capacity.ts'
import { ByteArrays } from './byte-arrays.ts'
import { indexedValues, NO_VALUES, type ChunkValues } from './chunk-values.ts'
import { ColumnBuffer, type RowGroupSize } from './column-buffer.ts'
import type { Bounds } from './statistics.ts'

/** The most bytes of a dictionary page. */
const MOST_DICTIONARY_BYTES = 1024 * 1024

/** Distinct texts after which it shows whether they repeat: at fewer than two rows each the dictionary is given up. */
const JUDGED_AT = 8192

/** Bytes of an index in memory. */
const INDEX_BYTES = 4

/** Takes Uint8Arrays. */
export class BytesColumn extends ColumnBuffer {
  readonly #values = new ByteArrays()

  take(value: unknown): boolean {
    if (!(value instanceof Uint8Array)) return false
    const before = this.#values.bytes
    this.#values.add(value)
    this.added(this.#values.bytes - before)
    return true
  }

  add(cell: unknown): void {
    if (!this.take(cell)) throw new TypeError('expected a Uint8Array')
  }

  chunkValues(): ChunkValues {
    return plainValues(this.#values)
  }

  bounds(): Bounds | undefined {
    return this.#values.bounds()
  }

  protected removeLastValue(): number {
    return removeLast(this.#values)
  }

  protected clearValues(): void {
    this.#values.clear()
  }
}

/** Takes well-formed texts; with `json`, texts that are JSON. */
export class TextColumn extends ColumnBuffer {
  readonly #json: boolean
  /** The distinct texts while there is a dictionary, else all of them. */
  readonly #texts = new ByteArrays()
  /** The index of each distinct text; undefined once the dictionary was given up. */
  #dictionary: Map<string, number> | undefined = new Map()
  #indices = new Uint32Array(0)
  /** The text before this one, as equal texts often come in a row. */
  #last: string | undefined
  #lastIndex = 0

  constructor(size: RowGroupSize, json: boolean) {
    super(size)
    this.#json = json
  }

  /** A text in a column of JSON needs its quotes, and one that may hold half a surrogate pair a look. */
  take(value: unknown): boolean {
    return typeof value === 'string' && !this.#json && this.#takeKnown(value)
  }

  add(cell: unknown): void {
    if (typeof cell !== 'string') throw new TypeError('expected a string')
    if (this.#takeKnown(cell)) return
    // Before the text is added: a huge one would be copied.
    if (this.#dictionary !== undefined && !this.#isWorthIt(cell.length)) this.#giveUpDictionary()
    const before = this.#texts.bytes
    this.#texts.add(cell)
    const bytes = this.#texts.bytes - before
    if (this.#dictionary === undefined) {
      this.added(bytes)
      return
    }
    const index = this.#dictionary.size
    this.#dictionary.set(cell, index)
    this.#addIndex(index, bytes)
  }

  chunkValues(): ChunkValues {
    const count = this.#dictionary?.size ?? 0
    if (count === 0) return plainValues(this.#texts)
    const bytes = this.#texts.slice(0, count)
    return indexedValues(this.#indices, { count, bytes })
  }

  bounds(): Bounds | undefined {
    return this.#texts.bounds()
  }

  protected removeLastValue(): number {
    const dictionary = this.#dictionary
    if (dictionary === undefined) return removeLast(this.#texts)
    const index = this.#indices[this.length] as number
    const isNewest = index === dictionary.size - 1
    if (!isNewest || this.#indices.subarray(0, this.length).includes(index)) return INDEX_BYTES
    // Bounds are exact: no text stays in the dictionary that no row has.
    dictionary.delete(this.#texts.valueAt(index).toString())
    this.#last = undefined
    return INDEX_BYTES + removeLast(this.#texts)
  }

  protected clearValues(): void {
    this.#texts.clear()
    this.#dictionary = new Map()
    this.#last = undefined
  }

  /** Takes a text that is in the dictionary, or all ASCII where there is none. */
  #takeKnown(value: string): boolean {
    const dictionary = this.#dictionary
    if (dictionary === undefined) {
      const before = this.#texts.bytes
      if (!this.#texts.addAscii(value)) return false
      this.added(this.#texts.bytes - before)
      return true
    }
    if (value !== this.#last) {
      const index = dictionary.get(value)
      if (index === undefined) return false
      this.#last = value
      this.#lastIndex = index
    }
    this.#addIndex(this.#lastIndex, 0)
    return true
  }

  #addIndex(index: number, textBytes: number): void {
    if (this.length === this.#indices.length) {
      const grown = new Uint32Array(grownCapacity(this.#indices.length, this.length + 1))
      grown.set(this.#indices)
      this.#indices = grown
    }
    this.#indices[this.length] = index
    this.added(INDEX_BYTES + textBytes)
  }

  /** Whether there should still be a dictionary with one more text of about `bytes`. */
  #isWorthIt(bytes: number): boolean {
    const distinct = this.#texts.length
    return this.#texts.bytes + bytes <= MOST_DICTIONARY_BYTES && (distinct < JUDGED_AT || distinct * 2 <= this.length)
  }

  /** Puts each text where its index stood. */
  #giveUpDictionary(): void {
    const distinct = new ByteArrays()
    const dictionaryBytes = this.#texts.bytes
    for (let index = 0; index < this.#texts.length; index++) distinct.addFrom(this.#texts, index)
    this.#texts.clear()
    for (let row = 0; row < this.length; row++) this.#texts.addFrom(distinct, this.#indices[row] as number)
    this.#dictionary = undefined
    this.#last = undefined
    this.resized(this.#texts.bytes - dictionaryBytes - this.length * INDEX_BYTES)
  }
}

function plainValues(values: ByteArrays): ChunkValues {
  return {
    ...NO_VALUES,
    byteLength: (from, to) => values.byteLength(from, to),
    encode: (from, to) => values.slice(from, to),
  }
}

/** Removes the last value and returns the bytes it took. */
function removeLast(values: ByteArrays): number {
  const { bytes, length } = values
  values.truncate(length - 1)
  return bytes - values.bytes
}
