/**
 * The statistics of a column chunk: its smallest and largest value, which readers use to skip row groups. The order is
 * that of `ColumnOrder.TYPE_ORDER` in parquet.thrift:
 *
 * - booleans: false before true
 * - integers: signed
 * - doubles: by value
 * - byte arrays: by unsigned bytes
 *
 * Bounds are exact values of the chunk or they are omitted. They are never shortened, because the metadata of this
 * format version has no field to mark a shortened bound.
 */
/** Maximum size of a byte array in the statistics, in bytes. */
const MAX_BOUND_BYTES = 64

/** The smallest and the largest value in PLAIN encoding; byte arrays without their length. */
export interface Bounds {
  readonly min: Buffer
  readonly max: Buffer
}

/** Bounds of booleans (false before true), each a byte of 0 or 1. Undefined without values. */
export function boundsOfBooleans(values: Uint8Array): Bounds | undefined {
  if (values.length === 0) return undefined
  return { min: Buffer.from([values.includes(0) ? 0 : 1]), max: Buffer.from([values.includes(1) ? 1 : 0]) }
}

/** Bounds of integers of 32 bits. Undefined without values. */
export function boundsOfInt32s(values: Int32Array): Bounds | undefined {
  if (values.length === 0) return undefined
  let min = values[0] as number
  let max = min
  for (let index = 1; index < values.length; index++) {
    const value = values[index] as number
    if (value < min) min = value
    else if (value > max) max = value
  }
  return { min: bytesOf(Int32Array.of(min)), max: bytesOf(Int32Array.of(max)) }
}

/**
 * Bounds of integers of 64 bits. Undefined without values.
 *
 * @param words - two for each integer, the lower word first; a bigint for each integer would be garbage
 */
export function boundsOfInt64s(words: Int32Array): Bounds | undefined {
  if (words.length === 0) return undefined
  let min = 0
  let max = 0
  for (let at = 2; at < words.length; at += 2) {
    if (isBelow(words, at, min)) min = at
    else if (isBelow(words, max, at)) max = at
  }
  return { min: bytesOf(words.slice(min, min + 2)), max: bytesOf(words.slice(max, max + 2)) }
}

/**
 * Bounds of doubles. Undefined without values, and when a value is NaN. The format allows bounds that ignore NaN, but
 * several readers order NaN above all numbers. They would skip rows that match a filter.
 *
 * The zeros -0 and +0 compare as equal. So a minimum of zero is written as -0, and a maximum of zero as +0.
 */
export function boundsOfDoubles(values: Float64Array): Bounds | undefined {
  const bounds = boundsOfNumbers(values)
  return bounds && { min: bytesOf(Float64Array.of(bounds[0])), max: bytesOf(Float64Array.of(bounds[1])) }
}

/** Bounds of floats, like {@link boundsOfDoubles}. */
export function boundsOfFloats(values: Float32Array): Bounds | undefined {
  const bounds = boundsOfNumbers(values)
  return bounds && { min: bytesOf(Float32Array.of(bounds[0])), max: bytesOf(Float32Array.of(bounds[1])) }
}

function boundsOfNumbers(values: Float64Array | Float32Array): readonly [number, number] | undefined {
  if (values.length === 0) return undefined
  let min = Infinity
  let max = -Infinity
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number
    if (Number.isNaN(value)) return undefined
    if (value < min) min = value
    if (value > max) max = value
  }
  return [min === 0 ? -0 : min, max === 0 ? 0 : max]
}

/**
 * Bounds of byte arrays, compared byte by byte as unsigned numbers. Undefined without values, and when a bound is
 * longer than 64 bytes.
 *
 * @param ends - the offset in `bytes` at which each value ends
 * @param gapBytes - bytes before each value that do not belong to it
 */
export function boundsOfByteArrays(
  bytes: Uint8Array,
  length: number,
  ends: Uint32Array,
  gapBytes: number,
): Bounds | undefined {
  if (length === 0) return undefined
  let end = ends[0] as number
  let [minStart, minEnd] = [gapBytes, end]
  let [maxStart, maxEnd] = [minStart, minEnd]
  for (let index = 1; index < length; index++) {
    const start = end + gapBytes
    end = ends[index] as number
    // Values mostly rise or lie between the bounds, so the upper bound is checked first.
    if (isBefore(bytes, maxStart, maxEnd, start, end)) {
      maxStart = start
      maxEnd = end
    } else if (isBefore(bytes, start, end, minStart, minEnd)) {
      minStart = start
      minEnd = end
    }
  }
  if (minEnd - minStart > MAX_BOUND_BYTES || maxEnd - maxStart > MAX_BOUND_BYTES) return undefined
  // Copies, because the bounds are used longer than the buffers of the row group.
  return {
    min: Buffer.from(bytes.subarray(minStart, minEnd)),
    max: Buffer.from(bytes.subarray(maxStart, maxEnd)),
  }
}

/** Bounds of two lists of byte arrays, given the bounds of each. Undefined when one of them has no bounds. */
export function joinByteArrayBounds(one: Bounds | undefined, other: Bounds | undefined): Bounds | undefined {
  if (one === undefined || other === undefined) return undefined
  return {
    min: Buffer.compare(one.min, other.min) <= 0 ? one.min : other.min,
    max: Buffer.compare(one.max, other.max) >= 0 ? one.max : other.max,
  }
}

/** Whether the bytes `[start, end)` sort before `[otherStart, otherEnd)`. A prefix sorts first. */
function isBefore(bytes: Uint8Array, start: number, end: number, otherStart: number, otherEnd: number): boolean {
  const length = Math.min(end - start, otherEnd - otherStart)
  for (let index = 0; index < length; index++) {
    const byte = bytes[start + index] as number
    const other = bytes[otherStart + index] as number
    if (byte !== other) return byte < other
  }
  return end - start < otherEnd - otherStart
}

/** Whether the integer at `one` is smaller than the integer at `other`. */
function isBelow(words: Int32Array, one: number, other: number): boolean {
  const [high, otherHigh] = [words[one + 1] as number, words[other + 1] as number]
  return high === otherHigh ? (words[one] as number) >>> 0 < (words[other] as number) >>> 0 : high < otherHigh
}

function bytesOf({ buffer, byteOffset, byteLength }: Int32Array | Float32Array | Float64Array): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength)
}
