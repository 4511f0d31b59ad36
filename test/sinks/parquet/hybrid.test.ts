import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { bitWidthOf, encodeHybrid, MAX_BIT_WIDTH, packBits } from '../../../sinks/parquet/hybrid.ts'

/** A bit width, and runs of values of it, of all lengths, so that both kinds of runs meet. */
const valuesArbitrary = fc.integer({ min: 1, max: MAX_BIT_WIDTH }).chain((bitWidth) => {
  const run = fc.tuple(fc.nat(2 ** bitWidth - 1), fc.oneof(fc.nat(2), fc.nat(20), fc.nat(1000)))
  return fc.record({
    bitWidth: fc.constant(bitWidth),
    values: fc
      .array(run, { maxLength: 30 })
      .map((runs) => Uint32Array.from(runs.flatMap(([value, count]) => Array<number>(count).fill(value)))),
  })
})

/** A decoder written from the grammar of the encoding. */
function decode(encoded: Buffer, bitWidth: number): number[] {
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

t.test('encodes what a decoder gives back, whatever the width', async () => {
  const property = fc.property(valuesArbitrary, fc.nat(50), fc.nat(50), ({ bitWidth, values }, skipped, cut) => {
    const from = Math.min(skipped, values.length)
    const to = Math.max(from, values.length - cut)
    const decoded = decode(encodeHybrid(values, from, to, bitWidth), bitWidth)
    assert.deepEqual(decoded.slice(0, to - from), [...values.subarray(from, to)])
    assert.ok(decoded.length < to - from + 8, 'at most the last group is filled up')
  })
  fc.assert(property, { numRuns: 300 })
})

t.test('tells the bits that the largest value needs, one at least', async (t) => {
  t.strictSame([0, 1, 2, 3, 4, 255, 256].map(bitWidthOf), [1, 1, 2, 2, 3, 8, 9])
})

t.test('fills up the last group with zeros, over whatever was there', async (t) => {
  const target = new Uint8Array(8).fill(0xff)
  t.equal(packBits(Uint8Array.of(5, 7), 0, 2, 3, target, 1), 4)
  t.strictSame([...target], [0xff, 0b00111101, 0, 0, 0xff, 0xff, 0xff, 0xff])
})
