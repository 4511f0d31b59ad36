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
export const PIECE_UNITS = 16 * 1024

/** The most bytes that a code unit becomes. For pieces of a usual size room for so many is made, as counting costs more. */
const MOST_BYTES_PER_UNIT = 3

const NEWLINE = 0x0a

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

  /**
   * Adds a JSON array of `count` items with each item on a line of its own, and says true. Says false, and takes nothing,
   * when `boundary` is not found exactly between the items.
   *
   * @param boundary - ASCII that ends an item and begins the next one, the comma its second character
   */
  appendItems(array: string, boundary: string, count: number): boolean {
    this.#encode()
    const start = this.#length
    // The byte behind each item, a comma or the bracket, becomes its newline.
    const text = array.slice(1)
    const end = start + this.#write(text)
    const byteText = end - start === text.length ? text : this.#bytes.toString('latin1', start, end)
    let items = 1
    for (let at = byteText.indexOf(boundary); at >= 0; at = byteText.indexOf(boundary, at + boundary.length)) {
      this.#bytes[start + at + 1] = NEWLINE
      items++
    }
    if (items !== count) return false
    this.#bytes[end - 1] = NEWLINE
    this.#length = end
    return true
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
    if (this.#text === '') return
    this.#length += this.#write(this.#text)
    this.#text = ''
  }

  /** Writes text behind the bytes so far, and returns how many more they would be. */
  #write(text: string): number {
    const isUsual = text.length <= 2 * PIECE_UNITS
    const needed = this.#length + (isUsual ? text.length * MOST_BYTES_PER_UNIT : Buffer.byteLength(text))
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(needed * 2, MOST_KEPT_BYTES)))
      this.#bytes.copy(grown, 0, 0, this.#length)
      this.#bytes = grown
    }
    return this.#bytes.write(text, this.#length)
  }
}
