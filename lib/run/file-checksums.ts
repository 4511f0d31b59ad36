/**
 * Checksums of files on their way to the disk.
 */
import { crc32 } from 'node:zlib'
import type { OpenTarget } from '../../sinks/files/file-target.ts'

/** Sums up what is written to files that are new. Memory: a number for each file that is open. */
export class FileChecksums {
  readonly #sums = new Map<string, number>()

  /** Opens files by `open`, and sums up what is written to them. */
  through(open: OpenTarget): OpenTarget {
    return async (path, mode) => {
      const target = await open(path, mode)
      if (target.initialBytes === 0) this.#sums.set(path, 0)
      return {
        initialBytes: target.initialBytes,
        write: async (bytes) => {
          const before = this.#sums.get(path)
          await target.write(bytes)
          if (before !== undefined) this.#sums.set(path, crc32(bytes, before))
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

  /** The CRC-32 of a file that is complete, which is forgotten then; null for one that was cut back. */
  take(path: string): number | null {
    const sum = this.#sums.get(path) ?? null
    this.#sums.delete(path)
    return sum
  }
}
