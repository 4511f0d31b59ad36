/**
 * Decoders of compressed pages, in addition to that of hyparquet for Snappy. A page cannot grow beyond its stated size.
 */
import * as zlib from 'node:zlib'
import { zstdDecompressSync as unzstd } from '../parquet/compression/zstd.ts'
import type { Compressors } from './hyparquet.ts'

const ofNode: Compressors = {
  GZIP: (input, outputLength) => zlib.gunzipSync(input, { maxOutputLength: Math.max(1, outputLength) }),
  BROTLI: (input, outputLength) => zlib.brotliDecompressSync(input, { maxOutputLength: Math.max(1, outputLength) }),
  ...zstdOf(unzstd),
}

function zstdOf(decompress: typeof unzstd): Compressors {
  if (decompress === undefined) return {}
  return { ZSTD: (input, outputLength) => decompress(input, { maxOutputLength: Math.max(1, outputLength) }) }
}

/**
 * The decoders for these codecs. Those that Node.js lacks are of another package, which is loaded only then.
 *
 * @param codecs - their names in the footer
 */
export async function decodersOf(codecs: ReadonlySet<string>): Promise<Compressors> {
  const isMissing = (codec: string) => !Object.hasOwn(ofNode, codec) && codec !== 'SNAPPY' && codec !== 'UNCOMPRESSED'
  if (![...codecs].some(isMissing)) return ofNode
  const { compressors, decompressZstd } = await import('hyparquet-compressors')
  return { ...compressors, ZSTD: (input, bytes) => decompressZstd(input, new Uint8Array(bytes)), ...ofNode }
}
