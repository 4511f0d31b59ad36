/**
 * The bytes of 64-bit values in little-endian order, which PLAIN asks for on every machine.
 */
import { endianness } from 'node:os'

const BIG_ENDIAN = endianness() === 'BE'

/** The little-endian bytes of `values`; on most machines their own memory, so they must be used before it changes. */
export function littleEndianBytes(values: Float64Array | BigInt64Array): Buffer {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength)
  return BIG_ENDIAN ? Buffer.from(bytes).swap64() : bytes
}
