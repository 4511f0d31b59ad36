/**
 * Collects text as UTF-8 bytes until they are large enough for an efficient write. The memory is reused. The bytes are
 * returned unchanged, or as a gzip member. Several gzip members in sequence are one gzip file, which can end after
 * any member.
 *
 * Text is encoded in pieces of a few records. Joining a whole chunk to one string first would cost as much as making
 * the text. Encoding each record alone costs a tenth more.
 */
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

/** Compression of the text formats. */
export type TextCompression = 'none' | 'gzip'

/** Bytes of a full chunk. Writes of about 256 KB are as fast as larger ones. */
const CHUNK_BYTES = 256 * 1024

/** A larger buffer is not kept. Otherwise one huge record would occupy its memory forever. */
const MAX_KEPT_BYTES = 4 * CHUNK_BYTES

/** UTF-16 code units that are encoded together. */
export const PIECE_UNITS = 16 * 1024

/**
 * Maximum number of UTF-8 bytes for one code unit. For pieces of normal size, room for this maximum is reserved, because
 * counting the bytes costs more.
 */
const MAX_BYTES_PER_UNIT = 3

const NEWLINE = 0x0a

/** Collects text and encodes it. Memory: about 256 KB, in a buffer of up to 1 MB, plus one text. */
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
   * Adds the items of a JSON array of `count` items, each item on its own line. Returns true. If `boundary` is not
   * found exactly between the items, it adds nothing and returns false.
   *
   * @param boundary - ASCII that ends an item and begins the next one; its second character is the comma
   */
  appendItems(array: string, boundary: string, count: number): boolean {
    this.#encode()
    const start = this.#length
    // The byte after each item, a comma or the bracket, is replaced by a newline.
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

  /** Returns the bytes so far and starts a new chunk. They are valid until text is added. */
  async take(): Promise<Uint8Array> {
    this.#encode()
    const bytes = this.#bytes.subarray(0, this.#length)
    this.#length = 0
    if (this.#bytes.length > MAX_KEPT_BYTES) this.#bytes = Buffer.alloc(0)
    if (!this.#compress || (bytes.length === 0 && this.#taken)) return bytes
    this.#taken = true
    // Even an empty file needs one member to be a gzip file.
    return promisify(gzip)(bytes)
  }

  #encode(): void {
    if (this.#text === '') return
    this.#length += this.#write(this.#text)
    this.#text = ''
  }

  /** Writes text after the bytes so far and returns the number of bytes written. `#length` does not change. */
  #write(text: string): number {
    const isUsual = text.length <= 2 * PIECE_UNITS
    const needed = this.#length + (isUsual ? text.length * MAX_BYTES_PER_UNIT : Buffer.byteLength(text))
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(needed * 2, MAX_KEPT_BYTES)))
      this.#bytes.copy(grown, 0, 0, this.#length)
      this.#bytes = grown
    }
    return this.#bytes.write(text, this.#length)
  }
}
