/**
 * The bytes of an input, counted and decompressed while they are read.
 */
import { createReadStream } from 'node:fs'
import { pipeline, type Duplex, type Readable } from 'node:stream'
import zlib from 'node:zlib'
import { errnoOf, messageOf, SpillwayError } from '../core/errors.ts'
import { gunzip, isGzip } from './gunzip.ts'

/** Size of the chunks read from a file. */
const READ_BYTES = 256 * 1024

/** No text begins with these bytes, as `28 b5` is not UTF-8. */
const ZSTD_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd])

/**
 * The bytes of `source`, in order. They are decompressed if they begin with the magic bytes of gzip or zstd.
 * Memory: a few chunks. The source is destroyed at the end, also after an error.
 *
 * @param source - path of a file, or a stream
 * @param onBytes - called with the size of every chunk, before it is decompressed
 * @param onWarning - called if other bytes follow gzip data
 * @throws {SpillwayError} `ERR_SPILLWAY_INPUT` for damaged compressed data, `ERR_SPILLWAY_IO` if the input cannot be read; an
 *   AbortError when `signal` aborts
 */
export async function* readBytes(
  source: string | Readable,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
  onWarning: (message: string) => void,
): AsyncGenerator<Buffer> {
  const stream = typeof source === 'string' ? createReadStream(source, { highWaterMark: READ_BYTES }) : source
  // Not by the `signal` option of the stream: `source` may be an existing stream, and a pending read of it must end
  // too.
  const stop = () => stream.destroy(signal.reason as Error)
  signal.addEventListener('abort', stop)
  try {
    if (signal.aborted) stop()
    const chunks = counted(stream, onBytes)
    const first = await beginning(chunks)
    const all = joined(first, chunks)
    if (isGzip(first)) yield* gunzip(all, onWarning)
    else yield* first.subarray(0, ZSTD_MAGIC.length).equals(ZSTD_MAGIC) ? unzstd(all) : all
  } catch (cause) {
    signal.throwIfAborted()
    throw cause instanceof SpillwayError ? cause : unreadable(source, cause)
  } finally {
    signal.removeEventListener('abort', stop)
    stream.destroy()
  }
}

/** The first chunk or chunks: enough bytes to know a compression by, if there are that many. */
async function beginning(chunks: AsyncGenerator<Buffer>): Promise<Buffer> {
  let first: Buffer = Buffer.alloc(0)
  while (first.length < ZSTD_MAGIC.length) {
    const next = await chunks.next()
    if (next.done === true) break
    first = Buffer.concat([first, next.value])
  }
  return first
}

async function* counted(stream: Readable, onBytes: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Buffer)
    onBytes(bytes.length)
    yield bytes
  }
}

/** Zstd is in Node.js from 22.15 on. */
async function* unzstd(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const { createZstdDecompress } = zlib as { createZstdDecompress?: () => Duplex }
  if (createZstdDecompress === undefined) {
    throw new SpillwayError(
      'ERR_SPILLWAY_INPUT',
      'The input is compressed by zstd, which Node.js reads from version 22.15 on. Update Node.js, or decompress it first (zstd -d).',
    )
  }
  const stream = createZstdDecompress()
  pipeline(chunks, stream, () => {})
  try {
    for await (const chunk of stream) yield chunk as Buffer
  } catch (cause) {
    if (!/^(Z_|ZSTD_|ERR_ZSTD)/.test(errnoOf(cause) ?? '')) throw cause
    throw new SpillwayError(
      'ERR_SPILLWAY_INPUT',
      `The zstd data cannot be read: ${messageOf(cause)}. Get the whole file again.`,
      { cause },
    )
  }
}

async function* joined(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first
  yield* rest
}

function unreadable(source: string | Readable, cause: unknown): SpillwayError {
  const name = typeof source === 'string' ? source : 'the input stream'
  const place = typeof source === 'string' ? { path: source } : {}
  return new SpillwayError('ERR_SPILLWAY_IO', `Cannot read ${name}: ${messageOf(cause)}`, { cause, place })
}
