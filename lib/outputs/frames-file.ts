/**
 * Files of frames: the text `SPILLWAY`, the version of the format, then the frames. A frame is its length, its CRC-32
 * and its payload. All integers have 32 bits, little endian. A frame is verified before its payload is returned.
 */
import { crc32 } from 'node:zlib'
import { OpenFile } from '../../sinks/files/open-file.ts'
import type { ByteSource } from '../../sinks/files/file-slices.ts'
import type { NewFile } from './new-files.ts'
import { damagedFile } from './output-errors.ts'

const MAGIC = 'SPILLWAY'
const VERSION = 1
const FILE_HEADER_BYTES = MAGIC.length + 4
const FRAME_HEADER_BYTES = 8

/**
 * The operating system writes less than 2 GB at once, so payloads are split. Much smaller pieces would be copied first.
 */
const PIECE_BYTES = 8 * 1024 * 1024

/** The file to write. */
type Target = Pick<NewFile, 'path' | 'openTarget'>

/** Writes a file of frames. Memory: the current frame and the one before it. */
export class FramesWriter {
  readonly #target: Target
  #file: OpenFile | undefined

  constructor(target: Target) {
    this.#target = target
  }

  /**
   * Appends a frame.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_IO`; `ERR_SPILLWAY_EXISTS` when the file exists
   */
  async write(payload: Uint8Array): Promise<void> {
    const file = await this.#open()
    await file.append(frame(payload))
  }

  /**
   * Completes the file and makes it durable.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_IO`
   */
  async finish(): Promise<void> {
    const file = await this.#open()
    await file.close()
  }

  /** Closes the file after a failure, without an error. */
  async abandon(): Promise<void> {
    await this.#file?.close().catch(() => {})
  }

  async #open(): Promise<OpenFile> {
    if (this.#file !== undefined) return this.#file
    const { path, openTarget } = this.#target
    this.#file = await OpenFile.open(path, 'create', openTarget, () => {})
    await this.#file.append(fileHeader())
    return this.#file
  }
}

/**
 * Reads the payloads of a file, in their order. Memory: one frame.
 *
 * @param path - the path of the file, for messages
 * @throws {SpillwayError} `ERR_SPILLWAY_OUTPUT` at the first damaged frame
 */
export async function* readFrames(source: ByteSource, path: string): AsyncGenerator<Uint8Array, void> {
  const { byteLength } = source
  const header = Buffer.from(await source.slice(0, Math.min(FILE_HEADER_BYTES, byteLength)))
  if (header.toString('latin1', 0, MAGIC.length) !== MAGIC || header.length < FILE_HEADER_BYTES) {
    throw damagedFile(path, 'it does not start with the header of an output file')
  }
  const version = header.readUInt32LE(MAGIC.length)
  if (version !== VERSION) throw damagedFile(path, `its format has version ${version}, not ${VERSION}`)
  for (let offset = FILE_HEADER_BYTES; offset < byteLength;) {
    if (byteLength - offset < FRAME_HEADER_BYTES) throw damagedFile(path, 'it ends inside a frame')
    const frameHeader = Buffer.from(await source.slice(offset, offset + FRAME_HEADER_BYTES))
    const start = offset + FRAME_HEADER_BYTES
    const end = start + frameHeader.readUInt32LE(0)
    if (end > byteLength) throw damagedFile(path, 'it ends inside a frame')
    const payload = new Uint8Array(await source.slice(start, end))
    if (crc32(payload) !== frameHeader.readUInt32LE(4))
      throw damagedFile(path, `the frame at byte ${offset} does not match its checksum`)
    yield payload
    offset = end
  }
}

async function* fileHeader(): AsyncGenerator<Uint8Array> {
  const header = Buffer.alloc(FILE_HEADER_BYTES)
  header.write(MAGIC, 'latin1')
  header.writeUInt32LE(VERSION, MAGIC.length)
  yield header
}

async function* frame(payload: Uint8Array): AsyncGenerator<Uint8Array> {
  const header = Buffer.alloc(FRAME_HEADER_BYTES)
  header.writeUInt32LE(payload.length, 0)
  header.writeUInt32LE(crc32(payload), 4)
  yield header
  for (let from = 0; from < payload.length; from += PIECE_BYTES) yield payload.subarray(from, from + PIECE_BYTES)
}
