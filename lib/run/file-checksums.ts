/**
 * Checksums of files, computed while the files are written.
 */
import { crc32 } from 'node:zlib'
import type { OpenTarget } from '../../sinks/files/file-target.ts'

/** Computes the CRC-32 of new files while they are written. Memory: one number for each open file. */
export class FileChecksums {
  readonly #sums = new Map<string, number>()

  /** Wraps `open`, so that the checksums of the files it opens are computed. A file that is appended to has none. */
  through(open: OpenTarget): OpenTarget {
    return async (path, mode) => {
      const target = await open(path, mode)
      if (target.initialBytes === 0) this.#sums.set(path, 0)
      return {
        initialBytes: target.initialBytes,
        write: async (bytes) => {
          const before = this.#sums.get(path)
          const written = target.write(bytes)
          // Before the write ends, so that {@link of} covers all bytes that were passed on.
          if (before !== undefined) this.#sums.set(path, crc32(bytes, before))
          await written
        },
        sync: () => target.sync(),
        truncate: (bytes) => {
          this.#sums.delete(path)
          return target.truncate(bytes)
        },
        close: () => target.close(),
      }
    }
  }

  /** The CRC-32 of the bytes passed to an open file so far; null for a file that was truncated or appended to. */
  of(path: string): number | null {
    return this.#sums.get(path) ?? null
  }

  /** Returns the CRC-32 of a complete file and forgets it; null for a file that was truncated or appended to. */
  take(path: string): number | null {
    const sum = this.#sums.get(path) ?? null
    this.#sums.delete(path)
    return sum
  }
}
