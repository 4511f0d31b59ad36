/**
 * The statistics of a column chunk: its smallest and largest value, as readers use them to skip row groups. Orders and
 * rules are those of `ColumnOrder.TYPE_ORDER` in parquet.thrift: booleans and integers signed, doubles by value, byte
 * arrays by unsigned bytes. Bounds are exact values of the chunk or left out, never shortened: the metadata of this
 * format version has no field to mark a shortened one.
 */
import { littleEndianBytes } from './little-endian.ts'

/** The most bytes of a byte array in the statistics. */
const MAX_BOUND_BYTES = 64

/** The smallest and the largest value, in PLAIN encoding, byte arrays without their length. */
export interface Bounds {
  readonly min: Buffer
  readonly max: Buffer
}

/** Bounds of booleans (false before true), each a byte of 0 or 1; undefined for none. */
export function boundsOfBooleans(values: Uint8Array): Bounds | undefined {
  if (values.length === 0) return undefined
  return { min: Buffer.from([values.includes(0) ? 0 : 1]), max: Buffer.from([values.includes(1) ? 1 : 0]) }
}

/** Bounds of integers; undefined for none. */
export function boundsOfInt64s(values: BigInt64Array): Bounds | undefined {
  if (values.length === 0) return undefined
  let min = values[0] as bigint
  let max = min
  for (const value of values) {
    if (value < min) min = value
    else if (value > max) max = value
  }
  return { min: littleEndianBytes(BigInt64Array.of(min)), max: littleEndianBytes(BigInt64Array.of(max)) }
}

/**
 * Bounds of doubles; undefined for none, and when a NaN is among them: the format lets bounds pass over NaN, but
 * several readers order NaN above all numbers and would then skip rows that a filter asks for. As the zeros compare
 * equal, a smallest value of zero is given as -0 and a largest one as +0.
 */
export function boundsOfDoubles(values: Float64Array): Bounds | undefined {
  if (values.length === 0) return undefined
  let min = Infinity
  let max = -Infinity
  for (const value of values) {
    if (Number.isNaN(value)) return undefined
    if (value < min) min = value
    if (value > max) max = value
  }
  return {
    min: littleEndianBytes(Float64Array.of(min === 0 ? -0 : min)),
    max: littleEndianBytes(Float64Array.of(max === 0 ? 0 : max)),
  }
}

/**
 * Bounds of byte arrays, compared byte by byte as unsigned numbers; undefined for none, and when either bound is
 * longer than 64 bytes.
 *
 * @param valueAt - the bytes of a value; they may share memory
 */
export function boundsOfByteArrays(length: number, valueAt: (index: number) => Buffer): Bounds | undefined {
  if (length === 0) return undefined
  let min = valueAt(0)
  let max = min
  for (let index = 1; index < length; index++) {
    const value = valueAt(index)
    if (value.compare(min) < 0) min = value
    else if (value.compare(max) > 0) max = value
  }
  if (min.length > MAX_BOUND_BYTES || max.length > MAX_BOUND_BYTES) return undefined
  // Copies, as the bounds outlive the buffers of the row group.
  return { min: Buffer.from(min), max: Buffer.from(max) }
}
