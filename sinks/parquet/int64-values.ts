/**
 * The values of an INT64 column chunk: integers of 64 bits, and timestamps in milliseconds since 1970.
 */
import type { Cell } from '../columns/column.ts'
import { grownCapacity } from './capacity.ts'
import { littleEndianBytes } from './little-endian.ts'
import type { PlainValues } from './plain-values.ts'
import { boundsOfInt64s, type Bounds } from './statistics.ts'

/** Takes whatever its conversion makes an integer of. */
export class Int64Values implements PlainValues {
  readonly #int64Of: (cell: Cell) => bigint
  #values = new BigInt64Array(0)
  #length = 0

  /** @param int64Of - {@link int64OfBigint} or {@link int64OfDate} */
  constructor(int64Of: (cell: Cell) => bigint) {
    this.#int64Of = int64Of
  }

  get length(): number {
    return this.#length
  }

  append(cell: Cell): number {
    const value = this.#int64Of(cell)
    if (this.#length === this.#values.length) this.#grow()
    this.#values[this.#length] = value
    this.#length += 1
    return this.#values.BYTES_PER_ELEMENT
  }

  removeLast(): void {
    this.#length -= 1
  }

  clear(): void {
    this.#length = 0
  }

  byteLength(from: number, to: number): number {
    return (to - from) * 8
  }

  encode(from: number, to: number): Buffer {
    return littleEndianBytes(this.#values.subarray(from, to))
  }

  bounds(): Bounds | undefined {
    return boundsOfInt64s(this.#values.subarray(0, this.#length))
  }

  #grow(): void {
    const grown = new BigInt64Array(grownCapacity(this.#values.length, this.#length + 1))
    grown.set(this.#values)
    this.#values = grown
  }
}

/** A bigint as it is; one of more than 64 bits would wrap around, so it is refused. */
export function int64OfBigint(cell: Cell): bigint {
  if (typeof cell !== 'bigint') throw new TypeError('expected a bigint')
  if (BigInt.asIntN(64, cell) !== cell) throw new RangeError('the integer does not fit 64 bits')
  return cell
}

/** The milliseconds of a Date since 1970. */
export function int64OfDate(cell: Cell): bigint {
  if (!(cell instanceof Date) || Number.isNaN(cell.getTime())) throw new TypeError('expected a valid Date')
  return BigInt(cell.getTime())
}
