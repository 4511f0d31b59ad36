/**
 * Decompresses gzip as gunzip does: one member after another, up to bytes that are none. The Gunzip stream of Node.js
 * loses the last records before such bytes.
 */
import { crc32, createInflateRaw, type InflateRaw } from 'node:zlib'
import { messageOf, SpillwayError } from '../core/errors.ts'

/** Size of the chunks of output. */
const CHUNK_BYTES = 256 * 1024

const MAGIC = Buffer.from([0x1f, 0x8b])
const DEFLATE = 8

/** Bits of the flags in a header. */
const HEADER_CRC = 2
const EXTRA = 4
const NAME = 8
const COMMENT = 16

/** Whether bytes begin like gzip, which no text does. */
export function isGzip(bytes: Buffer): boolean {
  return bytes.subarray(0, MAGIC.length).equals(MAGIC)
}

/**
 * The decompressed bytes of `chunks`, which begin with a member. Memory: a few chunks.
 *
 * @param onWarning - called if bytes other than zeros follow the last member; they are not read
 * @throws {SpillwayError} `ERR_SPILLWAY_INPUT` for damaged data; errors of `chunks` as they are
 */
export async function* gunzip(
  chunks: AsyncIterator<Buffer>,
  onWarning: (message: string) => void,
): AsyncGenerator<Buffer> {
  const source = new Pieces(chunks)
  while (isGzip(await source.peek(MAGIC.length))) {
    await skipHeader(source)
    yield* inflate(source)
  }
  if (await source.hasNonZero()) {
    onWarning('Other bytes follow the gzip data. They were not read: check that the file is whole.')
  }
}

async function skipHeader(source: Pieces): Promise<void> {
  const header = await source.take(10)
  if (header[2] !== DEFLATE) throw damaged('its compression is unknown')
  const flags = header[3] as number
  if (flags & EXTRA) await source.take((await source.take(2)).readUInt16LE())
  for (const flag of [NAME, COMMENT]) if (flags & flag) while ((await source.take(1))[0] !== 0);
  if (flags & HEADER_CRC) await source.take(2)
}

async function* inflate(source: Pieces): AsyncGenerator<Buffer> {
  const inflater = createInflateRaw({ chunkSize: CHUNK_BYTES })
  const feeding = feed(inflater, source)
  let crc = 0
  let size = 0
  try {
    for await (const chunk of inflater as AsyncIterable<Buffer>) {
      crc = crc32(chunk, crc)
      size += chunk.length
      yield chunk
    }
  } catch (cause) {
    throw (cause as NodeJS.ErrnoException).code?.startsWith('Z_') === true ? damaged(zlibReason(cause), cause) : cause
  }
  source.unread(await feeding)
  const trailer = await source.take(8)
  if (trailer.readUInt32LE(0) !== crc || trailer.readUInt32LE(4) !== size % 2 ** 32) {
    throw damaged('its checksum does not match')
  }
}

/** Writes chunks until the compressed data ends. Returns the bytes after it. */
async function feed(inflater: InflateRaw, source: Pieces): Promise<Buffer> {
  let fedBytes = 0
  try {
    for (;;) {
      const chunk = await source.next()
      if (chunk === undefined) break
      fedBytes += chunk.length
      const error = await new Promise((resolve) => inflater.write(chunk, resolve))
      // All bytes are consumed unless the data ends in this chunk. It may have ended with the chunk before.
      const rest = fedBytes - inflater.bytesWritten
      if (error instanceof Error || rest > 0) return chunk.subarray(chunk.length - rest)
    }
    inflater.end()
  } catch (error) {
    inflater.destroy(error as Error)
  }
  return Buffer.alloc(0)
}

/** Bytes that arrive in chunks, taken in pieces of any size. */
class Pieces {
  readonly #chunks: AsyncIterator<Buffer>
  #held: Buffer = Buffer.alloc(0)

  constructor(chunks: AsyncIterator<Buffer>) {
    this.#chunks = chunks
  }

  /** The next bytes, without taking them: fewer at the end. */
  async peek(count: number): Promise<Buffer> {
    while (this.#held.length < count) {
      const next = await this.#chunks.next()
      if (next.done === true) break
      this.#held = Buffer.concat([this.#held, next.value])
    }
    return this.#held.subarray(0, count)
  }

  async take(count: number): Promise<Buffer> {
    const bytes = await this.peek(count)
    if (bytes.length < count) throw damaged('it ends early')
    this.#held = this.#held.subarray(count)
    return bytes
  }

  /** The next chunk of any size. Undefined at the end. */
  async next(): Promise<Buffer | undefined> {
    const chunk = (await this.peek(1)).length === 0 ? undefined : this.#held
    this.#held = Buffer.alloc(0)
    return chunk
  }

  unread(bytes: Buffer): void {
    this.#held = Buffer.concat([bytes, this.#held])
  }

  async hasNonZero(): Promise<boolean> {
    for (let chunk = await this.next(); chunk !== undefined; chunk = await this.next()) {
      if (chunk.some((byte) => byte !== 0)) return true
    }
    return false
  }
}

function zlibReason(cause: unknown): string {
  return (cause as NodeJS.ErrnoException).code === 'Z_BUF_ERROR' ? 'it ends early' : messageOf(cause)
}

function damaged(reason: string, cause?: unknown): SpillwayError {
  return new SpillwayError('ERR_SPILLWAY_INPUT', `The gzip data cannot be read: ${reason}. Get the whole file again.`, {
    ...(cause !== undefined && { cause }),
  })
}
