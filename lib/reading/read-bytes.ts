/**
 * The bytes of an input, counted and gunzipped while they are read.
 */
import { createReadStream } from 'node:fs'
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { messageOf, SpillwayError } from '../core/errors.ts'

/** Size of the chunks read from a file. */
const READ_BYTES = 256 * 1024

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b])

/**
 * The bytes of `source`, in order. They are gunzipped if they begin with the magic bytes of gzip, which no text does.
 * Memory: a few chunks. The source is destroyed at the end, also after an error.
 *
 * @param source - path of a file, or a stream
 * @param onBytes - called with the size of every chunk, before it is gunzipped
 * @throws {SpillwayError} `ERR_SPILLWAY_INPUT` for damaged gzip data, `ERR_SPILLWAY_IO` if the input cannot be read; an
 *   AbortError when `signal` aborts
 */
export async function* readBytes(
  source: string | Readable,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
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
    if (!first.subarray(0, 2).equals(GZIP_MAGIC)) {
      yield first
      yield* chunks
    } else yield* gunzip(first, chunks)
  } catch (cause) {
    signal.throwIfAborted()
    throw cause instanceof SpillwayError ? cause : unreadable(source, cause)
  } finally {
    signal.removeEventListener('abort', stop)
    stream.destroy()
  }
}

/** The first chunk or chunks: at least two bytes, if there are that many. */
async function beginning(chunks: AsyncGenerator<Buffer>): Promise<Buffer> {
  let first: Buffer = Buffer.alloc(0)
  while (first.length < GZIP_MAGIC.length) {
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

async function* gunzip(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const unzipped = createGunzip({ chunkSize: READ_BYTES })
  const zipped = async function* () {
    yield first
    yield* rest
  }
  pipeline(zipped, unzipped, () => {})
  try {
    for await (const chunk of unzipped) yield chunk as Buffer
  } catch (cause) {
    const zlibCode = (cause as NodeJS.ErrnoException).code ?? ''
    if (!/^Z_/.test(zlibCode)) throw cause
    const reason = zlibCode === 'Z_BUF_ERROR' ? 'it ends early' : messageOf(cause)
    throw new SpillwayError(
      'ERR_SPILLWAY_INPUT',
      `The gzip data cannot be read: ${reason}. Get the whole file again.`,
      {
        cause,
      },
    )
  }
}

function unreadable(source: string | Readable, cause: unknown): SpillwayError {
  const name = typeof source === 'string' ? source : 'the input stream'
  const place = typeof source === 'string' ? { path: source } : {}
  return new SpillwayError('ERR_SPILLWAY_IO', `Cannot read ${name}: ${messageOf(cause)}`, { cause, place })
}
