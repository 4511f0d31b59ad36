/**
 * Levels for data pages of version 1. They are in the hybrid encoding, after their length in bytes.
 */
import { bitWidthOf, encodeHybrid, encodeRun } from './hybrid.ts'

/** Bytes of the length before the levels. */
const LENGTH_BYTES = 4

/** Encodes the levels `[from, to)`, each at most `max`. `undefined` means that all levels are `max`. */
export function encodeLevels(levels: Uint8Array | undefined, from: number, to: number, max: number): Buffer {
  const bitWidth = bitWidthOf(max)
  const runs = levels === undefined ? encodeRun(max, to - from, bitWidth) : encodeHybrid(levels, from, to, bitWidth)
  const encoded = Buffer.allocUnsafe(LENGTH_BYTES + runs.length)
  encoded.writeUInt32LE(runs.length, 0)
  encoded.set(runs, LENGTH_BYTES)
  return encoded
}
