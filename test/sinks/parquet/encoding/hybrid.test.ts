import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { bitWidthOf, encodeHybrid, MAX_BIT_WIDTH, packBits } from '../../../../sinks/parquet/encoding/hybrid.ts'
import { decodeHybrid } from '../decode-hybrid.ts'

/** A bit width, and runs of values of all lengths, so that both kinds of runs occur. */
const valuesArbitrary = fc.integer({ min: 1, max: MAX_BIT_WIDTH }).chain((bitWidth) => {
  const run = fc.tuple(fc.nat(2 ** bitWidth - 1), fc.oneof(fc.nat(2), fc.nat(20), fc.nat(1000)))
  return fc.record({
    bitWidth: fc.constant(bitWidth),
    values: fc
      .array(run, { maxLength: 30 })
      .map((runs) => Uint32Array.from(runs.flatMap(([value, count]) => Array<number>(count).fill(value)))),
  })
})

t.test('encodes so that a decoder returns the values, for every width', async () => {
  const property = fc.property(valuesArbitrary, fc.nat(50), fc.nat(50), ({ bitWidth, values }, skipped, cut) => {
    const from = Math.min(skipped, values.length)
    const to = Math.max(from, values.length - cut)
    const decoded = decodeHybrid(encodeHybrid(values, from, to, bitWidth), bitWidth)
    assert.deepEqual(decoded.slice(0, to - from), [...values.subarray(from, to)])
    assert.ok(decoded.length < to - from + 8, 'only the last group is padded')
  })
  fc.assert(property, { numRuns: 300 })
})

t.test('computes the bits that the largest value needs, at least one', async (t) => {
  t.strictSame([0, 1, 2, 3, 4, 255, 256].map(bitWidthOf), [1, 1, 2, 2, 3, 8, 9])
})

t.test('pads the last group with zeros and overwrites old bytes', async (t) => {
  const target = new Uint8Array(8).fill(0xff)
  t.equal(packBits(Uint8Array.of(5, 7), 0, 2, 3, target, 1), 4)
  t.strictSame([...target], [0xff, 0b00111101, 0, 0, 0xff, 0xff, 0xff, 0xff])
})
