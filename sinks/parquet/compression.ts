/**
 * The compression codecs of a Parquet file. Each page is compressed by itself, with the codec of its file.
 */
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { CompressionCodec, compressSnappy } from './thrift.ts'

/** The codecs by their names in an option. */
export const PARQUET_COMPRESSIONS = ['none', 'snappy', 'gzip'] as const

/** A codec of {@link PARQUET_COMPRESSIONS}. */
export type ParquetCompression = (typeof PARQUET_COMPRESSIONS)[number]

/** How pages are compressed. */
export interface Codec {
  /** Its number in the metadata. */
  readonly id: number
  /** Compresses into memory of its own: `bytes` may be used again afterwards. */
  compress(this: void, bytes: Buffer): Buffer | Promise<Buffer>
}

/** The codec behind each name. Snappy works on the calling thread, gzip on the thread pool. */
export const CODECS: Readonly<Record<ParquetCompression, Codec>> = {
  none: { id: CompressionCodec.UNCOMPRESSED, compress: (bytes) => Buffer.from(bytes) },
  snappy: { id: CompressionCodec.SNAPPY, compress: compressSnappy },
  gzip: { id: CompressionCodec.GZIP, compress: promisify<Buffer, Buffer>(gzip) },
}
