/**
 * Definition levels in the RLE/bit-packed hybrid encoding of Parquet's Encodings.md, for levels of 0 and 1 (bit width
 * 1), with the length in front that data pages of version 1 ask for. Repetition levels do not occur: no column repeats.
 */
import { packBits } from './bit-packing.ts'

/** A bit-packed run consists of whole groups of this many values; only the last run of all is filled up. */
const GROUP_VALUES = 8

/** Bytes of the length in front. */
const LENGTH_BYTES = 4

/** Encodes the levels `[from, to)`, each 0 or 1. */
export function encodeLevels(levels: Uint8Array, from: number, to: number): Buffer {
  const parts: Buffer[] = [Buffer.alloc(LENGTH_BYTES)]
  let start = from
  while (start < to) {
    const end = endOfRun(levels, start, to)
    if (end - start >= GROUP_VALUES || end === to) {
      parts.push(varint((end - start) << 1), Buffer.from([levels[start] as number]))
      start = end
    } else {
      const packedEnd = endOfPacking(levels, start, to)
      const groups = Math.ceil((packedEnd - start) / GROUP_VALUES)
      parts.push(varint((groups << 1) | 1), packBits(levels, start, packedEnd))
      start = packedEnd
    }
  }
  const encoded = Buffer.concat(parts)
  encoded.writeUInt32LE(encoded.length - LENGTH_BYTES, 0)
  return encoded
}

/** Where the levels equal to the one at `start` end. */
function endOfRun(levels: Uint8Array, start: number, to: number): number {
  let end = start + 1
  while (end < to && levels[end] === levels[start]) end += 1
  return end
}

/** Where packing by whole groups should end: at the first group from `start` on that begins a run worth its own. */
function endOfPacking(levels: Uint8Array, start: number, to: number): number {
  let end = start + GROUP_VALUES
  while (end < to && endOfRun(levels, end, Math.min(end + GROUP_VALUES, to)) - end < GROUP_VALUES) end += GROUP_VALUES
  return Math.min(end, to)
}

/** An unsigned integer below 2^31 as ULEB128. */
function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80)
  bytes.push(rest)
  return Buffer.from(bytes)
}
