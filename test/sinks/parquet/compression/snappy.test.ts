import assert from 'node:assert/strict'
import fc from 'fast-check'
import { snappyUncompress } from 'hyparquet'
import parquetCompression from 'parquetjs-lite/lib/compression.js'
import t from 'tap'
import { compressSnappy, maxSnappyBytes } from '../../../../sinks/parquet/compression/snappy.ts'

const { inflate } = parquetCompression as { inflate(this: void, method: 'SNAPPY', bytes: Buffer): Buffer }

function compress(input: Uint8Array): Buffer {
  const output = Buffer.alloc(maxSnappyBytes(input.length))
  return output.subarray(0, compressSnappy(input, output))
}

function check(input: Uint8Array): Buffer {
  const compressed = compress(input)
  assert.ok(inflate('SNAPPY', compressed).equals(input))
  const output = new Uint8Array(input.length)
  if (input.length > 0) snappyUncompress(compressed, output)
  assert.deepEqual(output, Uint8Array.from(input))
  return compressed
}

/** Bytes with matches of all lengths and distances, in up to several blocks. */
const bytes = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 8 }), fc.nat(3000))
        .map(([pattern, length]) =>
          Uint8Array.from({ length }, (_, index) => pattern[index % pattern.length] as number),
        ),
    ),
    { maxLength: 20 },
  )
  .chain((pieces) => fc.nat(4).map((times) => Buffer.concat(Array(times).fill(Buffer.concat(pieces)))))

t.test('compresses so that decoders return the input', async () => {
  fc.assert(
    fc.property(bytes, (input) => void check(input)),
    { numRuns: 300 },
  )
})

t.test('compresses inputs of every small length, and of lengths around the block size', async () => {
  for (let length = 0; length < 100; length++) check(Buffer.alloc(length, 'abcabd'))
  for (const length of [65_535, 65_536, 65_537, 65_540, 131_072, 200_000]) {
    check(Buffer.alloc(length, 'x'))
    check(Uint8Array.from({ length }, (_, index) => Math.imul(index + 1, 0x9e3779b1) >>> 24))
  }
})

t.test('compresses repetitions well, and adds little to data without repetitions', async (t) => {
  t.ok(check(Buffer.alloc(100_000, 'spillway')).length < 6_000)
  const noise = Uint8Array.from({ length: 100_000 }, (_, index) => Math.imul(index ^ (index >>> 3), 0x9e3779b1) >>> 24)
  t.ok(check(noise).length <= maxSnappyBytes(noise.length))
})
