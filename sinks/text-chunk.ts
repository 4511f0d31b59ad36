/**
 * The byte side of the text formats: text is collected as UTF-8 up to a size that makes a good write, in memory that is
 * used again, and leaves plain or as a gzip member of its own (members in a row are one gzip file, and each can end the
 * file). Text is encoded in pieces of a few records: joining a whole chunk to one string first would cost as much as making
 * it, and encoding each record by itself a tenth more.
 */
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

/** Compression of the text formats. */
export type TextCompression = 'none' | 'gzip'

/** Bytes that make a chunk due: writes of about 256 KB are as fast as larger ones. */
const CHUNK_BYTES = 256 * 1024

/** Memory of more bytes than this is not kept: one huge record would hold it for ever. */
const MOST_KEPT_BYTES = 4 * CHUNK_BYTES

/** Code units that are encoded together. */
const PIECE_UNITS = 8 * 1024

/** The most bytes that a code unit becomes. For pieces of a usual size room for so many is made, as counting costs more. */
const MOST_BYTES_PER_UNIT = 3

/**
 * Text waiting to be written, and its way into bytes. Memory: about 256 KB, in a buffer of up to 1 MB, and one text more.
 */
export class TextChunk {
  readonly #compress: boolean
  #text = ''
  #bytes = Buffer.alloc(0)
  #length = 0
  #taken = false

  constructor(compression: TextCompression) {
    this.#compress = compression === 'gzip'
  }

  /** Whether the chunk is large enough to be written. */
  get full(): boolean {
    return this.#length + this.#text.length >= CHUNK_BYTES
  }

  append(text: string): void {
    this.#text += text
    if (this.#text.length >= PIECE_UNITS) this.#encode()
  }

  /** The bytes so far. They hold until more is added. */
  async take(): Promise<Uint8Array> {
    this.#encode()
    const bytes = this.#bytes.subarray(0, this.#length)
    this.#length = 0
    if (this.#bytes.length > MOST_KEPT_BYTES) this.#bytes = Buffer.alloc(0)
    if (!this.#compress || (bytes.length === 0 && this.#taken)) return bytes
    this.#taken = true
    // An empty file still needs one member to be a gzip file.
    return promisify(gzip)(bytes)
  }

  #encode(): void {
    const text = this.#text
    const isUsual = text.length <= 2 * PIECE_UNITS
    const needed = this.#length + (isUsual ? text.length * MOST_BYTES_PER_UNIT : Buffer.byteLength(text))
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(needed * 2, MOST_KEPT_BYTES)))
      this.#bytes.copy(grown, 0, 0, this.#length)
      this.#bytes = grown
    }
    this.#length += this.#bytes.write(text, this.#length)
    this.#text = ''
  }
}
