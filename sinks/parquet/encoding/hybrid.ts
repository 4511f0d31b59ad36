/**
 * Parquet's hybrid of run-length encoding and bit packing (Encodings.md, "RLE / Bit-Packing Hybrid"). Definition levels
 * and dictionary indices use it. Booleans use bit packing alone.
 */

/** A bit-packed run consists of whole groups of this many values. Only the very last run is padded. */
const GROUP_VALUES = 8

/** Maximum bit width of a value: a 32-bit integer must hold one value and up to seven other bits. */
export const MAX_BIT_WIDTH = 24

/** The bit width for integers from 0 to `largest`. At least 1, because some readers refuse a width of 0. */
export function bitWidthOf(largest: number): number {
  return Math.max(1, 32 - Math.clz32(largest))
}

/** Encodes the integers `values[from..to)`, each less than `2 ** bitWidth`. */
export function encodeHybrid(values: Uint8Array | Uint32Array, from: number, to: number, bitWidth: number): Buffer {
  const encoded = Buffer.allocUnsafe(mostBytes(to - from, bitWidth))
  let at = 0
  let start = from
  while (start < to) {
    const end = endOfRun(values, start, to)
    if (end - start >= GROUP_VALUES || end === to) {
      at = writeRun(encoded, at, values[start] as number, end - start, bitWidth)
      start = end
    } else {
      const packedEnd = endOfPacking(values, start, to)
      at = writeVarint(encoded, at, Math.ceil((packedEnd - start) / GROUP_VALUES) * 2 + 1)
      at = packBits(values, start, packedEnd, bitWidth, encoded, at)
      start = packedEnd
    }
  }
  return encoded.subarray(0, at)
}

/** Encodes `count` copies of `value`, which is less than `2 ** bitWidth`, as one run. */
export function encodeRun(value: number, count: number, bitWidth: number): Buffer {
  const encoded = Buffer.allocUnsafe(mostBytes(1, bitWidth))
  return encoded.subarray(0, writeRun(encoded, 0, value, count, bitWidth))
}

/**
 * Packs `values[from..to)` into `target`, beginning at offset `at`. Each value must be less than `2 ** bitWidth`.
 * Packing starts at the least significant bit of each byte. The last group of eight values is padded with zeros.
 * Returns the offset after the packed bytes.
 */
export function packBits(
  values: Uint8Array | Uint32Array,
  from: number,
  to: number,
  bitWidth: number,
  target: Uint8Array,
  at: number,
): number {
  let next = at
  let group = from
  for (; group + GROUP_VALUES <= to; group += GROUP_VALUES) {
    packGroup(values, group, group + GROUP_VALUES, bitWidth, target, next)
    next += bitWidth
  }
  if (group === to) return next
  target.fill(0, next, next + bitWidth)
  packGroup(values, group, to, bitWidth, target, next)
  return next + bitWidth
}

/**
 * Packs up to eight values. This is a separate small function because V8 then optimizes it as a whole. A loop over a
 * page would be optimized while it runs, without the code after the loop. V8 would then deoptimize it there each time
 * (`npm run bench -- parquet-search-records`).
 */
function packGroup(
  values: Uint8Array | Uint32Array,
  from: number,
  to: number,
  bitWidth: number,
  target: Uint8Array,
  at: number,
): void {
  let bits = 0
  let bitCount = 0
  let next = at
  for (let index = from; index < to; index++) {
    bits |= (values[index] as number) << bitCount
    for (bitCount += bitWidth; bitCount >= 8; bitCount -= 8) {
      target[next++] = bits
      bits >>>= 8
    }
  }
  if (bitCount > 0) target[next] = bits
}

/** An upper bound of the encoded size. Each run has at least eight values, and a header of up to five bytes. */
function mostBytes(count: number, bitWidth: number): number {
  return (Math.ceil(count / GROUP_VALUES) + 1) * (bitWidth + 5)
}

/** The end of the run of values equal to the one at `start`. */
function endOfRun(values: Uint8Array | Uint32Array, start: number, to: number): number {
  const value = values[start]
  let end = start + 1
  while (end < to && values[end] === value) end += 1
  return end
}

/**
 * The end of a bit-packed run. It is the first group from `start` on that begins with a run of at least eight equal
 * values.
 */
function endOfPacking(values: Uint8Array | Uint32Array, start: number, to: number): number {
  let end = start + GROUP_VALUES
  while (end < to && endOfRun(values, end, Math.min(end + GROUP_VALUES, to)) - end < GROUP_VALUES) end += GROUP_VALUES
  return Math.min(end, to)
}

function writeRun(target: Buffer, at: number, value: number, count: number, bitWidth: number): number {
  return target.writeUIntLE(value, writeVarint(target, at, count * 2), Math.ceil(bitWidth / 8))
}

/** Writes an unsigned integer below 2^32 as ULEB128 and returns the offset after it. */
function writeVarint(target: Buffer, at: number, value: number): number {
  let next = at
  let rest = value
  for (; rest > 0x7f; rest >>>= 7) target[next++] = (rest & 0x7f) | 0x80
  target[next++] = rest
  return next
}
