import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { encodeLevels } from '../../../../sinks/parquet/encoding/levels.ts'
import { decodeHybrid } from '../decode-hybrid.ts'

const bit = fc.constantFrom(0, 1)
/** Runs of all lengths, so that both kinds of runs occur. */
const levelsArbitrary = fc
  .array(fc.tuple(bit, fc.oneof(fc.nat(3), fc.nat(20), fc.nat(2000))), { maxLength: 30 })
  .map((runs) => Uint8Array.from(runs.flatMap(([level, count]) => Array<number>(count).fill(level))))

/** The levels in a page, without the padding of the last group. */
function decode(encoded: Buffer, count: number): number[] {
  assert.equal(encoded.readUInt32LE(0), encoded.length - 4)
  const levels = decodeHybrid(encoded.subarray(4), 1)
  assert.ok(levels.length >= count && levels.length < count + 8, 'only the last group is padded')
  assert.ok(levels.slice(count).every((level) => level === 0))
  return levels.slice(0, count)
}

t.test('encodes so that a decoder returns the levels', async () => {
  const property = fc.property(levelsArbitrary, fc.nat(100), fc.nat(100), (levels, skipped, cut) => {
    const from = Math.min(skipped, levels.length)
    const to = Math.max(from, levels.length - cut)
    assert.deepEqual(decode(encodeLevels(levels, from, to, 1), to - from), [...levels.subarray(from, to)])
  })
  fc.assert(property, { numRuns: 1000 })
})

t.test('encodes equal levels as one run', async (t) => {
  t.strictSame([...encodeLevels(new Uint8Array(20_000).fill(1), 0, 20_000, 1)], [4, 0, 0, 0, 0xc0, 0xb8, 0x02, 1])
  t.strictSame([...encodeLevels(new Uint8Array(1), 0, 1, 1)], [2, 0, 0, 0, 2, 0])
})

t.test('bit-packs levels that change often', async (t) => {
  const levels = Uint8Array.from({ length: 16 }, (_, index) => index % 2)
  t.strictSame([...encodeLevels(levels, 0, 16, 1)], [3, 0, 0, 0, (2 << 1) | 1, 0b10101010, 0b10101010])
})

t.test('uses at most two bits for each level, plus a few bytes', async () => {
  const property = fc.property(levelsArbitrary, (levels) => {
    const encoded = encodeLevels(levels, 0, levels.length, 1)
    assert.ok(encoded.length <= 4 + 8 + levels.length / 4, `${encoded.length} bytes for ${levels.length} levels`)
  })
  fc.assert(property)
})

t.test('treats missing levels as ones', async (t) => {
  t.strictSame(encodeLevels(undefined, 3, 20_000, 1), encodeLevels(new Uint8Array(20_000).fill(1), 3, 20_000, 1))
})

t.test('encodes zero levels without runs', async (t) => {
  t.strictSame([...encodeLevels(new Uint8Array(0), 0, 0, 1)], [0, 0, 0, 0])
})

t.test('encodes levels of several bits, as repetition levels and nested definition levels are', async () => {
  const property = fc.property(
    fc.integer({ min: 1, max: 60 }),
    fc.array(fc.nat(60), { maxLength: 300 }),
    (max, given) => {
      const levels = Uint8Array.from(given, (level) => level % (max + 1))
      const encoded = encodeLevels(levels, 0, levels.length, max)
      const decoded = decodeHybrid(encoded.subarray(4), 32 - Math.clz32(max))
      assert.deepEqual(decoded.slice(0, levels.length), [...levels])
    },
  )
  fc.assert(property)
})
