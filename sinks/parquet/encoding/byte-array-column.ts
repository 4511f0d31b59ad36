/**
 * Columns of type BYTE_ARRAY: bytes, and text. Text has a dictionary as long as it saves space.
 */
import { grownCapacity } from './capacity.ts'
import { ByteArrays } from './byte-arrays.ts'
import { followedBy, indexedValues, NO_VALUES, type ChunkValues } from './chunk-values.ts'
import { ColumnBuffer, type RowGroupSize } from './column-buffer.ts'
import { joinByteArrayBounds, type Bounds } from './statistics.ts'

/** Maximum size of a dictionary page in bytes. */
const MAX_DICTIONARY_BYTES = 1024 * 1024

/** With this many distinct strings or more, a dictionary is only kept if each has two values on average. */
const CHECKED_FROM = 8192

/** Bytes of an index in memory. */
const INDEX_BYTES = 4

/** Collects Uint8Arrays. */
export class BytesColumn extends ColumnBuffer {
  readonly #values = new ByteArrays()

  /** Always false: {@link add} must check the size. */
  take(): boolean {
    return false
  }

  add(cell: unknown, rows: number): void {
    if (!(cell instanceof Uint8Array)) throw new TypeError('expected a Uint8Array')
    this.added(addTo(this.#values, cell), rows)
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

/**
 * Collects well-formed strings; with `json`, strings that are JSON text. Strings are added to a dictionary until it no
 * longer saves space. Later strings are stored plainly. The earlier ones keep their indices, so memory does not grow
 * suddenly.
 */
export class TextColumn extends ColumnBuffer {
  readonly #json: boolean
  /** The dictionary index of each string. */
  #dictionary = new Map<string, number>()
  readonly #distinct = new ByteArrays()
  #indices = new Uint32Array(0)
  /** Number of values that have an index. */
  #indexed = 0
  #isOpen = true
  /** The values added after the dictionary was closed to new entries. */
  readonly #plain = new ByteArrays()
  /** The previous string. Equal strings often follow each other. */
  #last: string | undefined
  #lastIndex = 0

  constructor(size: RowGroupSize, json: boolean) {
    super(size)
    this.#json = json
  }

  /**
   * Accepts only known strings. In a JSON column, a string must be quoted first. A string with surrogates must be
   * checked first.
   */
  take(value: unknown, rows: number): boolean {
    return typeof value === 'string' && !this.#json && this.#addKnown(value, rows)
  }

  add(cell: unknown, rows: number): void {
    if (typeof cell !== 'string') throw new TypeError('expected a string')
    if (this.#addKnown(cell, rows)) return
    this.#isOpen &&= this.#savesSpace(cell.length)
    if (!this.#isOpen) {
      this.added(addTo(this.#plain, cell), rows)
      return
    }
    const index = this.#dictionary.size
    const bytes = addTo(this.#distinct, cell)
    this.#dictionary.set(cell, index)
    this.#addIndex(index, bytes, rows)
  }

  chunkValues(): ChunkValues {
    const count = this.#dictionary.size
    if (count === 0) return plainValues(this.#plain)
    const bytes = this.#distinct.slice(0, count)
    const indexed = indexedValues(this.#indices.subarray(0, this.#indexed), { count, bytes })
    return followedBy(indexed, plainValues(this.#plain))
  }

  bounds(): Bounds | undefined {
    if (this.#plain.length === 0) return this.#distinct.bounds()
    return this.#distinct.length === 0
      ? this.#plain.bounds()
      : joinByteArrayBounds(this.#distinct.bounds(), this.#plain.bounds())
  }

  protected removeLastValue(): number {
    if (this.length >= this.#indexed) return removeLast(this.#plain)
    this.#indexed -= 1
    const index = this.#indices[this.#indexed] as number
    const isNewest = index === this.#dictionary.size - 1
    if (!isNewest || this.#indices.subarray(0, this.#indexed).includes(index)) return INDEX_BYTES
    // The bounds must be exact, so a string that no row contains is removed from the dictionary.
    this.#dictionary.delete(this.#distinct.valueAt(index).toString())
    this.#last = undefined
    return INDEX_BYTES + removeLast(this.#distinct)
  }

  protected clearValues(): void {
    this.#distinct.clear()
    this.#plain.clear()
    this.#dictionary = new Map()
    this.#indexed = 0
    this.#isOpen = true
    this.#last = undefined
  }

  /** Adds a string that is in the dictionary. If the dictionary is closed, adds a short string that is pure ASCII. */
  #addKnown(value: string, rows: number): boolean {
    if (!this.#isOpen) {
      const before = this.#plain.bytes
      if (!this.#plain.addAscii(value)) return false
      this.added(this.#plain.bytes - before, rows)
      return true
    }
    if (value !== this.#last) {
      const index = this.#dictionary.get(value)
      if (index === undefined) return false
      this.#last = value
      this.#lastIndex = index
    }
    this.#addIndex(this.#lastIndex, 0, rows)
    return true
  }

  #addIndex(index: number, textBytes: number, rows: number): void {
    if (this.#indexed === this.#indices.length) {
      const grown = new Uint32Array(grownCapacity(this.#indices.length, this.#indexed + 1))
      grown.set(this.#indices)
      this.#indices = grown
    }
    this.#indices[this.#indexed] = index
    this.#indexed += 1
    this.added(INDEX_BYTES + textBytes, rows)
  }

  /** Whether the dictionary should get one more string, of about `bytes` bytes. */
  #savesSpace(bytes: number): boolean {
    const distinct = this.#distinct.length
    const repeats = distinct < CHECKED_FROM || distinct * 2 <= this.length
    return repeats && this.#distinct.bytes + bytes <= MAX_DICTIONARY_BYTES
  }
}

function plainValues(values: ByteArrays): ChunkValues {
  return {
    ...NO_VALUES,
    byteLength: (from, to) => values.byteLength(from, to),
    encode: (from, to) => values.slice(from, to),
  }
}

/** Adds a value and returns its size in bytes. */
function addTo(values: ByteArrays, value: string | Uint8Array): number {
  const { bytes } = values
  values.add(value)
  return values.bytes - bytes
}

/** Removes the last value and returns its size in bytes. */
function removeLast(values: ByteArrays): number {
  const { bytes, length } = values
  values.truncate(length - 1)
  return bytes - values.bytes
}
