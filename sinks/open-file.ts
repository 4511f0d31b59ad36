/**
 * One file being written. It writes behind, so that encoding and the disk work at the same time: pieces of one chunk
 * are in flight, up to a megabyte, while the rest of it or the next chunk is made.
 */
import { ioError, type ByteTarget, type OpenTarget } from './file-target.ts'

/** Bytes in flight from which on a further piece waits; a piece may be larger. */
const MOST_IN_FLIGHT_BYTES = 1024 * 1024

/** How much a file holds. */
interface Extent {
  readonly bytes: number
  readonly rows: number
}

/** An open file. The first failure is kept and met by every later call. */
export class OpenFile {
  readonly path: string
  readonly #target: ByteTarget
  readonly #onFailure: (error: Error) => void
  /** Settles with the last piece in flight. */
  #inFlight: Promise<void> = Promise.resolve()
  #bytesInFlight = 0
  #bytes: number
  #rows = 0
  #failure: Error | undefined

  private constructor(path: string, target: ByteTarget, onFailure: (error: Error) => void) {
    this.path = path
    this.#target = target
    this.#onFailure = onFailure
    this.#bytes = target.initialBytes
  }

  /**
   * Opens a file.
   *
   * @param onFailure - told at once when a write behind fails
   * @throws {SpillwayError} `ERR_SPILLWAY_IO`, `ERR_SPILLWAY_EXISTS`
   */
  static async open(
    path: string,
    mode: 'create' | 'overwrite' | 'append',
    openTarget: OpenTarget,
    onFailure: (error: Error) => void,
  ): Promise<OpenFile> {
    try {
      return new OpenFile(path, await openTarget(path, mode), onFailure)
    } catch (cause) {
      throw ioError('open', path, cause)
    }
  }

  /** Bytes of the file, those in flight included. */
  get bytes(): number {
    return this.#bytes
  }

  /** Rows added to the file, those in flight included. */
  get rows(): number {
    return this.#rows
  }

  /**
   * Sends a chunk on its way, piece by piece as it is made, and leaves the last ones in flight. A chunk gets into the
   * file as a whole or not at all.
   *
   * @param pieces - the bytes of the chunk, in order
   * @param rows - how many rows the file holds with the chunk; asked when all pieces are made
   */
  async append(pieces: AsyncIterable<Uint8Array>, rows = () => this.#rows): Promise<void> {
    await this.settle()
    const before = { bytes: this.#bytes, rows: this.#rows }
    try {
      for await (const piece of joinSmall(pieces)) {
        if (this.#bytesInFlight + piece.length > MOST_IN_FLIGHT_BYTES) await this.#inFlight
        this.#throwFailure()
        this.#bytes += piece.length
        this.#inFlight = this.#write(piece, before, this.#inFlight)
      }
      // The piece in flight may have failed already, and the rows with it.
      if (this.#failure === undefined) this.#rows = rows()
    } catch (error) {
      await this.#inFlight
      await this.#rollBack(before)
      throw error
    }
  }

  /** Waits until everything appended is in the file. */
  async settle(): Promise<void> {
    await this.#inFlight
    this.#throwFailure()
  }

  /** Waits until everything appended is on the disk. */
  async sync(): Promise<void> {
    await this.settle()
    try {
      await this.#target.sync()
    } catch (cause) {
      throw this.#fail('sync', cause)
    }
  }

  /** Makes the file durable and releases it. It is released even when it failed. */
  async close(): Promise<void> {
    try {
      await this.sync()
    } finally {
      await this.#release()
    }
  }

  async #release(): Promise<void> {
    try {
      await this.#target.close()
    } catch (cause) {
      // A failed close must not hide the failed write before it.
      throw this.#failure ?? ioError('close', this.path, cause)
    }
  }

  /** Writes a piece after those before it, unless one of them failed. */
  async #write(bytes: Uint8Array, before: Extent, piecesBefore: Promise<void>): Promise<void> {
    this.#bytesInFlight += bytes.length
    await piecesBefore
    try {
      if (this.#failure === undefined) await this.#target.write(bytes)
    } catch (cause) {
      const failure = this.#fail('write to', cause)
      await this.#rollBack(before)
      this.#onFailure(failure)
    } finally {
      this.#bytesInFlight -= bytes.length
    }
  }

  /** Cuts off what is in the file of a chunk that failed, so that the file ends with a whole record. */
  async #rollBack(before: Extent): Promise<void> {
    this.#bytes = before.bytes
    this.#rows = before.rows
    await this.#target.truncate(before.bytes).catch(() => {})
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  #fail(action: string, cause: unknown): Error {
    this.#failure ??= ioError(action, this.path, cause)
    return this.#failure
  }
}

/** Pieces smaller than this are joined, so that small ones don't cost a write each and large ones no copy. */
const SMALL_BYTES = 64 * 1024

async function* joinSmall(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let small: Uint8Array[] = []
  let smallBytes = 0
  for await (const piece of pieces) {
    if (piece.length < SMALL_BYTES && smallBytes < SMALL_BYTES) {
      small.push(piece)
      smallBytes += piece.length
      continue
    }
    if (smallBytes > 0) yield Buffer.concat(small)
    small = []
    smallBytes = 0
    yield piece
  }
  if (smallBytes > 0) yield Buffer.concat(small)
}
