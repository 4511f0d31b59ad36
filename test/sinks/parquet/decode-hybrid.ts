/**
 * A decoder of the RLE/bit-packing hybrid, written from its grammar.
 */

/** The values of all runs, including the padding of the last group. */
export function decodeHybrid(encoded: Buffer, bitWidth: number): number[] {
  const values: number[] = []
  let at = 0
  while (at < encoded.length) {
    let header = 0
    let shift = 0
    let byte: number
    do {
      byte = encoded[at++] as number
      header |= (byte & 0x7f) << shift
      shift += 7
    } while (byte & 0x80)
    if (header & 1) {
      const packed = encoded.subarray(at, at + (header >>> 1) * bitWidth)
      at += packed.length
      const bits = [...packed].flatMap((each) => Array.from({ length: 8 }, (_, bit) => (each >>> bit) & 1))
      for (let from = 0; from < bits.length; from += bitWidth) {
        values.push(bits.slice(from, from + bitWidth).reduceRight((value, bit) => value * 2 + bit, 0))
      }
    } else {
      const valueBytes = Math.ceil(bitWidth / 8)
      values.push(...Array<number>(header >>> 1).fill(encoded.readUIntLE(at, valueBytes)))
      at += valueBytes
    }
  }
  return values
}
