/**
 * Columns of numbers: FLOAT, DOUBLE, INT32 and INT64, and the types that are stored as these. Values are stored in PLAIN
 * encoding, in little-endian words. So a page is a slice of the buffer.
 */
import { grownCapacity } from './capacity.ts'
import { indexedValues, NO_VALUES, type ChunkValues } from './chunk-values.ts'
import { ColumnBuffer, type RowGroupSize } from './column-buffer.ts'
import { bitWidthOf } from './hybrid.ts'
import type { NumberDictionary, Repeats } from './number-dictionary.ts'
import { boundsOfDoubles, boundsOfFloats, boundsOfInt32s, boundsOfInt64s, type Bounds } from './statistics.ts'

/** How the cells of a type are stored as integers. */
export interface StoredIntegers {
  /** What a cell must be, for messages. */
  readonly expected: string
  /** The integer of a cell. Undefined when the cell has another type. */
  toInteger(this: void, cell: unknown): number | bigint | undefined
  /** Whether readers order the values as unsigned integers. There are no bounds of these. */
  readonly unsigned?: boolean
}

abstract class NumberColumn extends ColumnBuffer {
  #buffer = new ArrayBuffer(0)
  protected abstract readonly wordsPerValue: 1 | 2

  chunkValues(numbers: NumberDictionary): ChunkValues {
    const buffer = this.#buffer
    const valueBytes = this.wordsPerValue * 4
    const plain = (from: number, to: number) => new Uint8Array(buffer, from * valueBytes, (to - from) * valueBytes)
    const repeats = numbers.find(new Uint32Array(buffer), this.wordsPerValue, this.length)
    if (repeats !== undefined && this.#savesSpace(repeats)) {
      const count = repeats.firsts.length
      const bytes = new Uint8Array(count * valueBytes)
      repeats.firsts.forEach((first, index) => {
        bytes.set(plain(first, first + 1), index * valueBytes)
      })
      return indexedValues(repeats.indices, { count, bytes })
    }
    return { ...NO_VALUES, byteLength: (from, to) => (to - from) * valueBytes, encode: plain }
  }

  /** Makes room for one more value. */
  protected reserve(): void {
    const valueBytes = this.wordsPerValue * 4
    if ((this.length + 1) * valueBytes <= this.#buffer.byteLength) return
    const values = grownCapacity(this.#buffer.byteLength / valueBytes, this.length + 1)
    const grown = new ArrayBuffer(values * valueBytes)
    new Uint8Array(grown).set(new Uint8Array(this.#buffer))
    this.#buffer = grown
    this.view(grown)
  }

  /** Called with new memory for the values. */
  protected abstract view(buffer: ArrayBuffer): void

  protected removeLastValue(): number {
    return this.wordsPerValue * 4
  }

  protected clearValues(): void {}

  #savesSpace({ firsts }: Repeats): boolean {
    const valueBits = this.wordsPerValue * 32
    return firsts.length * valueBits + this.length * bitWidthOf(firsts.length - 1) < this.length * valueBits
  }
}

/** DOUBLE: any numbers. NaN, infinities and -0 are stored unchanged. */
export class DoubleColumn extends NumberColumn {
  protected readonly wordsPerValue = 2
  #values = new Float64Array(0)

  take(value: unknown, rows: number): boolean {
    if (typeof value !== 'number') return false
    if (this.length === this.#values.length) this.reserve()
    this.#values[this.length] = value
    this.added(8, rows)
    return true
  }

  add(cell: unknown, rows: number): void {
    if (!this.take(cell, rows)) throw new TypeError('expected a number')
  }

  bounds(): Bounds | undefined {
    return boundsOfDoubles(this.#values.subarray(0, this.length))
  }

  protected view(buffer: ArrayBuffer): void {
    this.#values = new Float64Array(buffer)
  }
}

/** FLOAT: numbers of 32 bits. */
export class FloatColumn extends NumberColumn {
  protected readonly wordsPerValue = 1
  #values = new Float32Array(0)

  take(value: unknown, rows: number): boolean {
    if (typeof value !== 'number' || (Math.fround(value) !== value && !Number.isNaN(value))) return false
    if (this.length === this.#values.length) this.reserve()
    this.#values[this.length] = value
    this.added(4, rows)
    return true
  }

  add(cell: unknown, rows: number): void {
    if (!this.take(cell, rows)) throw new TypeError('expected a number of 32 bits')
  }

  bounds(): Bounds | undefined {
    return boundsOfFloats(this.#values.subarray(0, this.length))
  }

  protected view(buffer: ArrayBuffer): void {
    this.#values = new Float32Array(buffer)
  }
}

/** INT64: safe integers, and bigints of up to 64 bits, or cells of a type that is stored as these. */
export class Int64Column extends NumberColumn {
  protected readonly wordsPerValue = 2
  readonly #stored: StoredIntegers | undefined
  #words = new Int32Array(0)
  #bigints = new BigInt64Array(0)

  constructor(size: RowGroupSize, stored?: StoredIntegers) {
    super(size)
    this.#stored = stored
  }

  take(value: unknown, rows: number): boolean {
    if (this.#stored === undefined) return this.#takeInteger(value, rows)
    const integer = this.#stored.toInteger(value)
    if (typeof integer === 'bigint') this.#addBigint(integer, rows)
    return typeof integer === 'bigint' || this.#takeInteger(integer, rows)
  }

  add(cell: unknown, rows: number): void {
    if (this.take(cell, rows)) return
    if (typeof cell !== 'bigint' || this.#stored !== undefined) {
      throw new TypeError(`expected ${this.#stored?.expected ?? 'an integer'}`)
    }
    if (BigInt.asIntN(64, cell) !== cell) throw new RangeError('the integer does not fit 64 bits')
    this.#addBigint(cell, rows)
  }

  bounds(): Bounds | undefined {
    return this.#stored?.unsigned === true ? undefined : boundsOfInt64s(this.#words.subarray(0, this.length * 2))
  }

  protected view(buffer: ArrayBuffer): void {
    this.#words = new Int32Array(buffer)
    this.#bigints = new BigInt64Array(buffer)
  }

  #addBigint(value: bigint, rows: number): void {
    this.reserve()
    this.#bigints[this.length] = value
    this.added(8, rows)
  }

  /** Stores two words. A bigint for each number would be garbage. */
  #takeInteger(value: unknown, rows: number): boolean {
    // -0 is converted before: an inferred column of integers does not take it.
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) return false
    if (this.length === this.#bigints.length) this.reserve()
    this.#words[this.length * 2] = value as number
    this.#words[this.length * 2 + 1] = Math.floor((value as number) / 2 ** 32)
    this.added(8, rows)
    return true
  }
}

/** INT32: integers of 32 bits, or cells of a type that is stored as these. */
export class Int32Column extends NumberColumn {
  protected readonly wordsPerValue = 1
  readonly #stored: StoredIntegers | undefined
  #values = new Int32Array(0)

  constructor(size: RowGroupSize, stored?: StoredIntegers) {
    super(size)
    this.#stored = stored
  }

  take(value: unknown, rows: number): boolean {
    const integer = this.#stored === undefined ? value : this.#stored.toInteger(value)
    if (typeof integer !== 'number' || (integer | 0) !== integer) return false
    if (this.length === this.#values.length) this.reserve()
    this.#values[this.length] = integer
    this.added(4, rows)
    return true
  }

  add(cell: unknown, rows: number): void {
    if (!this.take(cell, rows)) throw new TypeError(`expected ${this.#stored?.expected ?? 'an integer of 32 bits'}`)
  }

  bounds(): Bounds | undefined {
    return this.#stored?.unsigned === true ? undefined : boundsOfInt32s(this.#values.subarray(0, this.length))
  }

  protected view(buffer: ArrayBuffer): void {
    this.#values = new Int32Array(buffer)
  }
}
