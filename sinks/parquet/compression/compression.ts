/**
 * The compression codecs of a Parquet file. Each page is compressed separately, with the codec of its file.
 */
import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { SpillwayError } from '../../../lib/core/errors.ts'
import { NO_ZSTD, zstdCompress } from './zstd.ts'
import type { Scratch } from './scratch.ts'
import { compressSnappy, maxSnappyBytes } from './snappy.ts'
import { CompressionCodec } from '../thrift/thrift.ts'

/** The names of the codecs in the `compression` option. */
export const PARQUET_COMPRESSIONS = ['none', 'snappy', 'gzip', 'brotli', 'zstd'] as const

/** A codec of {@link PARQUET_COMPRESSIONS}. */
export type ParquetCompression = (typeof PARQUET_COMPRESSIONS)[number]

/** A compression codec for pages. */
export interface Codec {
  /** Its number in the Parquet metadata. */
  readonly id: number
  /** Pages that are compressed at the same time: one on the calling thread, several on the thread pool. */
  readonly pagesAtOnce: number
  /**
   * Compresses `bytes`. On the calling thread, the result is in `room`, or is `bytes` itself. On the thread pool, the
   * result has its own memory, and `bytes` must not be changed before the promise settles.
   */
  compress(this: void, bytes: Uint8Array, room: Scratch): Uint8Array | Promise<Uint8Array>
}

type Compress = (bytes: Uint8Array) => Promise<Buffer>

/** The default number of threads in the libuv thread pool. */
const PAGES_AT_ONCE = 4

/** Five times as fast as the default quality of 11, which is meant for files that are compressed once. */
const BROTLI_QUALITY = 5

/**
 * The codec with this name.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION` when this version of Node.js lacks it
 */
export function codecOf(name: ParquetCompression): Codec {
  switch (name) {
    case 'none':
      return { id: CompressionCodec.UNCOMPRESSED, pagesAtOnce: 1, compress: (bytes) => bytes }
    case 'snappy':
      return { id: CompressionCodec.SNAPPY, pagesAtOnce: 1, compress: snappy }
    case 'gzip':
      return onThreadPool(CompressionCodec.GZIP, promisify<Uint8Array, Buffer>(zlib.gzip))
    case 'brotli':
      return onThreadPool(CompressionCodec.BROTLI, (bytes) =>
        promisify<Uint8Array, zlib.BrotliOptions, Buffer>(zlib.brotliCompress)(bytes, {
          params: {
            [zlib.constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
            [zlib.constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
          },
        }),
      )
    case 'zstd':
      return onThreadPool(CompressionCodec.ZSTD, zstd())
  }
}

function onThreadPool(id: number, compress: Compress): Codec {
  return { id, pagesAtOnce: PAGES_AT_ONCE, compress }
}

function snappy(bytes: Uint8Array, room: Scratch): Uint8Array {
  const output = room.allocate(maxSnappyBytes(bytes.length))
  return output.subarray(0, compressSnappy(bytes, output))
}

function zstd(): Compress {
  if (zstdCompress !== undefined) return promisify(zstdCompress)
  throw new SpillwayError('ERR_SPILLWAY_OPTION', `Expected a supported \`compression\`: ${NO_ZSTD}`)
}
