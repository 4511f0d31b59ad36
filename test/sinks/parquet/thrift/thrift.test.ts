import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { snappyUncompress } from 'hyparquet'
import t from 'tap'
import { codecOf } from '../../../../sinks/parquet/compression/compression.ts'
import { Scratch } from '../../../../sinks/parquet/compression/scratch.ts'
import * as thrift from '../../../../sinks/parquet/thrift/thrift.ts'

t.test('removes the global variables of the package', async (t) => {
  const names = Object.keys(thrift).concat('DateType', 'PageLocation', 'OffsetIndex')
  t.strictSame(
    names.filter((name) => name in globalThis),
    [],
  )
})

t.test('converts values that the package throws to errors with a code', async (t) => {
  const fields = { key: Symbol('no text') as unknown as string, value: 'v' }
  t.throws(() => thrift.serialize(new thrift.KeyValue(fields)), { code: 'ERR_SPILLWAY_VALUE' })
  const thrower = {
    write() {
      const thrown: unknown = 'a string'
      throw thrown
    },
  }
  t.throws(() => thrift.serialize(thrower), { code: 'ERR_SPILLWAY_VALUE', message: /a string/, cause: 'a string' })
})

t.test('compresses so that independent decoders decompress it', async (t) => {
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.alloc(1_000_000, 'abc'),
    Buffer.from(Float64Array.of(1, Math.PI).buffer),
  ]) {
    const snappy = await codecOf('snappy').compress(bytes, new Scratch())
    const output = new Uint8Array(bytes.length)
    if (bytes.length > 0) snappyUncompress(snappy, output)
    t.ok(bytes.equals(output))
    t.ok(bytes.equals(gunzipSync(await codecOf('gzip').compress(bytes, new Scratch()))))
    t.equal(await codecOf('none').compress(bytes, new Scratch()), bytes)
    t.ok(bytes.equals(brotliDecompressSync(await codecOf('brotli').compress(bytes, new Scratch()))))
  }
})
