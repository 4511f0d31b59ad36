import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import {
  boundsOfBooleans,
  boundsOfByteArrays,
  boundsOfDoubles,
  boundsOfInt64s,
  type Bounds,
} from '../../../../sinks/parquet/encoding/statistics.ts'

function doubles(...values: number[]): [number, number] | undefined {
  const bounds = boundsOfDoubles(Float64Array.from(values))
  return bounds && [bounds.min.readDoubleLE(), bounds.max.readDoubleLE()]
}

function byteArrays(values: (string | Uint8Array)[]): Bounds | undefined {
  const arrays = values.map((value) => Buffer.from(value as string))
  const spaced = arrays.flatMap((array) => [Buffer.from([0xff, 0xff]), array])
  const ends = arrays.map((_, index) => Buffer.concat(spaced.slice(0, index * 2 + 2)).length)
  return boundsOfByteArrays(Buffer.concat(spaced), values.length, Uint32Array.from(ends), 2)
}

t.test('bounds of booleans order false before true', async (t) => {
  const bounds = (...values: number[]) => {
    const found = boundsOfBooleans(Uint8Array.from(values))
    return found && [...found.min, ...found.max]
  }
  t.strictSame(bounds(1, 0), [0, 1])
  t.strictSame(bounds(1, 1), [1, 1])
  t.strictSame(bounds(0), [0, 0])
  t.equal(bounds(), undefined)
})

t.test('bounds of integers are signed', async (t) => {
  const property = fc.property(
    fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { minLength: 1 }),
    (values) => {
      const bounds = boundsOfInt64s(new Int32Array(BigInt64Array.from(values).buffer))
      const sorted = [...values].sort((a, b) => (a < b ? -1 : 1))
      assert.deepEqual([bounds?.min.readBigInt64LE(), bounds?.max.readBigInt64LE()], [sorted[0], sorted.at(-1)])
    },
  )
  fc.assert(property)
  t.equal(boundsOfInt64s(new Int32Array(0)), undefined)
})

t.test('bounds of doubles are ordered by value', async (t) => {
  t.strictSame(doubles(3, -2, 1), [-2, 3])
  t.strictSame(doubles(5e-324), [5e-324, 5e-324])
  t.strictSame(doubles(Infinity), [Infinity, Infinity])
  t.strictSame(doubles(-Infinity, 1), [-Infinity, 1])
  t.equal(doubles(), undefined)
})

t.test('bounds of doubles include both zeros', async () => {
  for (const zero of [0, -0]) {
    assert.deepEqual(doubles(zero), [-0, 0])
    assert.deepEqual(doubles(zero, 1), [-0, 1])
    assert.deepEqual(doubles(-1, zero), [-1, 0])
  }
})

t.test('doubles that include NaN have no bounds', async (t) => {
  t.equal(doubles(NaN), undefined)
  t.equal(doubles(1, NaN), undefined)
  t.equal(doubles(NaN, -0), undefined)
})

t.test('bounds of byte arrays are unsigned, with a prefix first', async () => {
  const property = fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { minLength: 1 }), (values) => {
    const sorted = values.map((value) => Buffer.from(value)).sort((a, b) => Buffer.compare(a, b))
    assert.deepEqual(byteArrays(values), { min: sorted[0], max: sorted.at(-1) })
  })
  fc.assert(property)
})

t.test('byte arrays with a bound of more than 64 bytes have none', async (t) => {
  const [short, long] = ['b'.repeat(64), 'b'.repeat(65)]
  t.match(byteArrays([short, 'a']), { max: Buffer.from(short) })
  t.equal(byteArrays([long, 'a']), undefined)
  t.equal(byteArrays([long, 'c']), undefined)
  t.match(byteArrays([long, 'a', 'c']), { min: Buffer.from('a'), max: Buffer.from('c') })
  t.equal(byteArrays([]), undefined)
})

t.test('bounds do not share memory with the values', async (t) => {
  const value = Buffer.from('abc')
  const bounds = boundsOfByteArrays(value, 1, Uint32Array.of(3), 0)
  value.fill(0)
  t.equal(bounds?.min.toString(), 'abc')
})
