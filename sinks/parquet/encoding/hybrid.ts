/**
 * Parquet's hybrid of run-length encoding and bit packing (Encodings.md, "RLE / Bit-Packing Hybrid"), for definition
 * levels and for indices into a dictionary; and bit packing alone, for booleans.
 */

/** A bit-packed run consists of whole groups of this many values; only the last run of all is filled up. */
const GROUP_VALUES = 8

/** The most bits of a value: packing holds one value and up to seven bits more in 32. */
export const MAX_BIT_WIDTH = 24

/** Bits that hold every integer from 0 to `largest`; at least one, as some readers refuse a width of none. */
export function bitWidthOf(largest: number): number {
  return Math.max(1, 32 - Math.clz32(largest))
}

/** Encodes the integers `values[from..to)`, each below `2 ** bitWidth`. */
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

/** Encodes `count` times `value`, which is below `2 ** bitWidth`, as one run. */
export function encodeRun(value: number, count: number, bitWidth: number): Buffer {
  const encoded = Buffer.allocUnsafe(mostBytes(1, bitWidth))
  return encoded.subarray(0, writeRun(encoded, 0, value, count, bitWidth))
}

/**
 * Packs `values[from..to)`, each below `2 ** bitWidth`, from the least significant bit of each byte on, into `target`
 * at `at`. The last group of eight values is filled up with zeros. Returns where the packed bytes end.
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
 * Packs up to eight values. A function for so few is called often, and so is compiled as a whole: a loop over a page
 * would be compiled from its middle, without its end, and thrown out of compiled code there each time.
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

/** Room for any mixture of runs: each is of eight values at least, and has a header of up to five bytes. */
function mostBytes(count: number, bitWidth: number): number {
  return (Math.ceil(count / GROUP_VALUES) + 1) * (bitWidth + 5)
}

/** Where the values equal to the one at `start` end. */
function endOfRun(values: Uint8Array | Uint32Array, start: number, to: number): number {
  const value = values[start]
  let end = start + 1
  while (end < to && values[end] === value) end += 1
  return end
}

/** Where packing by whole groups should end: at the first group from `start` on that begins a run worth its own. */
function endOfPacking(values: Uint8Array | Uint32Array, start: number, to: number): number {
  let end = start + GROUP_VALUES
  while (end < to && endOfRun(values, end, Math.min(end + GROUP_VALUES, to)) - end < GROUP_VALUES) end += GROUP_VALUES
  return Math.min(end, to)
}

function writeRun(target: Buffer, at: number, value: number, count: number, bitWidth: number): number {
  return target.writeUIntLE(value, writeVarint(target, at, count * 2), Math.ceil(bitWidth / 8))
}

/** Writes an unsigned integer below 2^32 as ULEB128, and returns where it ends. */
function writeVarint(target: Buffer, at: number, value: number): number {
  let next = at
  let rest = value
  for (; rest > 0x7f; rest >>>= 7) target[next++] = (rest & 0x7f) | 0x80
  target[next++] = rest
  return next
}
