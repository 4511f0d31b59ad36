/**
 * Zstandard, which Node.js provides from version 22.15 on.
 */
import * as zlib from 'node:zlib'

interface Zstd {
  readonly zstdCompress?: (bytes: Uint8Array, done: (error: Error | null, compressed: Buffer) => void) => void
  readonly zstdDecompressSync?: (bytes: Uint8Array, options: { readonly maxOutputLength: number }) => Buffer
}

/** Both are undefined where Node.js lacks Zstandard. */
export const { zstdCompress, zstdDecompressSync }: Zstd = zlib as Zstd

/** The message for that case. */
export const NO_ZSTD = `zstd needs Node.js 22.15 or later, but this is ${process.versions.node}`
