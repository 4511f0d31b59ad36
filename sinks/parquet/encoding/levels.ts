/**
 * Definition levels for data pages of version 1. A level is 0 (null) or 1 (a value). They are in the hybrid encoding,
 * after their length in bytes. There are no repetition levels, because no column repeats.
 */
import { encodeHybrid, encodeRun } from './hybrid.ts'

/** Bytes of the length before the levels. */
const LENGTH_BYTES = 4

/** Encodes the levels `[from, to)`, each 0 or 1. `undefined` means that all levels are 1. */
export function encodeLevels(levels: Uint8Array | undefined, from: number, to: number): Buffer {
  const runs = levels === undefined ? encodeRun(1, to - from, 1) : encodeHybrid(levels, from, to, 1)
  const encoded = Buffer.allocUnsafe(LENGTH_BYTES + runs.length)
  encoded.writeUInt32LE(runs.length, 0)
  encoded.set(runs, LENGTH_BYTES)
  return encoded
}
