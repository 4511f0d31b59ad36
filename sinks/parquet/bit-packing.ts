/**
 * Bit packing of values one bit wide, from the least significant bit of each byte on, as in PLAIN booleans and in
 * bit-packed runs of levels.
 */

/** Packs `bits[from..to)`, each 0 or 1, eight to a byte; the last byte is filled up with zeros. */
export function packBits(bits: Uint8Array, from: number, to: number): Buffer {
  const packed = Buffer.alloc(Math.ceil((to - from) / 8))
  for (let index = from; index < to; index++) {
    const at = index - from
    packed[at >>> 3] = (packed[at >>> 3] as number) | ((bits[index] as number) << (at & 7))
  }
  return packed
}
