/**
 * Definition levels as data pages of version 1 have them: levels of 0 (null) and 1 (a value), in the hybrid encoding
 * with its length in front. Repetition levels do not occur: no column repeats.
 */
import { encodeHybrid, encodeRun } from './hybrid.ts'

/** Bytes of the length in front. */
const LENGTH_BYTES = 4

/** Encodes the levels `[from, to)`, each 0 or 1; of `undefined` all are 1. */
export function encodeLevels(levels: Uint8Array | undefined, from: number, to: number): Buffer {
  const runs = levels === undefined ? encodeRun(1, to - from, 1) : encodeHybrid(levels, from, to, 1)
  const encoded = Buffer.allocUnsafe(LENGTH_BYTES + runs.length)
  encoded.writeUInt32LE(runs.length, 0)
  encoded.set(runs, LENGTH_BYTES)
  return encoded
}
