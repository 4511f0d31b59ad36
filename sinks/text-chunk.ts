/**
 * The far side of the text formats: text is collected up to a size that makes a good write, and leaves as it is, or
 * as a gzip member of its own (members in a row are one gzip file, and each can end the file).
 */
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

/** Compression of the text formats. */
export type TextCompression = 'none' | 'gzip'

/** Characters that make a chunk due: writes of about 256 KB are as fast as larger ones. */
const CHUNK_CHARACTERS = 256 * 1024

/** Text waiting to be written, and its way into bytes. */
export class TextChunk {
  readonly #compress: boolean
  #text = ''
  #taken = false

  constructor(compression: TextCompression) {
    this.#compress = compression === 'gzip'
  }

  /** Whether the chunk is large enough to be written. */
  get full(): boolean {
    return this.#text.length >= CHUNK_CHARACTERS
  }

  append(text: string): void {
    this.#text += text
  }

  /** The text so far, or the bytes it is compressed to. */
  async take(): Promise<Uint8Array | string> {
    const text = this.#text
    this.#text = ''
    if (!this.#compress || (text === '' && this.#taken)) return text
    this.#taken = true
    // An empty file still needs one member to be a gzip file.
    return promisify(gzip)(text)
  }
}
