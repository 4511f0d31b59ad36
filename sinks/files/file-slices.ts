/**
 * Reads byte ranges of a file. One handle stays open from {@link FileSlices.open} to {@link FileSlices.close}.
 */
import { open, type FileHandle } from 'node:fs/promises'
import { messageOf, quantityText, SpillwayError } from '../../lib/core/errors.ts'

/** A range of bytes of a file, from `start` up to, but not including, `end`. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** Bytes that can be read in any order, such as those of a file. */
export interface ByteSource {
  /** Size of the file in bytes. */
  readonly byteLength: number
  /** The bytes from `start` up to, but not including, `end`. @default `end` is `byteLength` */
  slice(start: number, end?: number): ArrayBuffer | Promise<ArrayBuffer>
}

/** A single read call is limited to less than 2 GB by the operating system. */
const MAX_READ_BYTES = 2 ** 30

/** A {@link ByteSource} of a file. */
export class FileSlices implements ByteSource {
  readonly byteLength: number
  readonly #handle: FileHandle

  private constructor(handle: FileHandle, byteLength: number) {
    this.#handle = handle
    this.byteLength = byteLength
  }

  /** Opens a file for reading. @throws {SpillwayError} `ERR_SPILLWAY_IO` */
  static async open(path: string): Promise<FileSlices> {
    try {
      const handle = await open(path)
      try {
        const { size } = await handle.stat()
        return new FileSlices(handle, size)
      } catch (error) {
        await handle.close()
        throw error
      }
    } catch (error) {
      throw new SpillwayError('ERR_SPILLWAY_IO', `${path} cannot be opened for reading: ${messageOf(error)}`, {
        cause: error,
        place: { path },
      })
    }
  }

  async slice(start: number, end: number = this.byteLength): Promise<ArrayBuffer> {
    if (start < 0 || end > this.byteLength || start > end) {
      throw new RangeError(`bytes ${start} to ${end} lie outside of the file's ${this.byteLength}`)
    }
    const bytes = new Uint8Array(end - start)
    await this.fill(bytes, start)
    return bytes.buffer
  }

  /** Fills `bytes` from the file, beginning at offset `start`. */
  async fill(bytes: Uint8Array, start: number): Promise<void> {
    for (let filled = 0; filled < bytes.length;) {
      const length = Math.min(bytes.length - filled, MAX_READ_BYTES)
      const { bytesRead } = await this.#handle.read(bytes, filled, length, start + filled)
      if (bytesRead === 0) {
        throw new Error(`the file has become shorter than ${quantityText(start + bytes.length, 'byte')}`)
      }
      filled += bytesRead
    }
  }

  /** Closes the file after pending reads have finished. */
  async close(): Promise<void> {
    await this.#handle.close()
  }
}
