/**
 * One file that is being written. Writes happen in the background, so that encoding and disk writes overlap. Up to 1 MB
 * of a chunk is in flight while the next one is encoded.
 */
import { ioError, type ByteTarget, type OpenTarget } from './file-target.ts'
import type { Pieces } from '../record-writer.ts'
import { WriteBuffer } from './write-buffer.ts'

/**
 * Number of written bytes after which a sync is started in the background. Without it, the final sync would have to
 * wait for all bytes of the file.
 */
const SYNC_BYTES = 16 * 1024 * 1024

/** The size of a file in bytes and rows. */
interface Extent {
  readonly bytes: number
  readonly rows: number
}

/** An open file. It keeps the first failure, and every later call fails with it. Memory: two buffers of up to 1 MB. */
export class OpenFile {
  readonly path: string
  readonly #target: ByteTarget
  readonly #onFailure: (error: Error) => void
  #inFlight: Promise<void> = Promise.resolve()
  /** Collects pieces for the next write. The other buffer contains the bytes in flight. */
  #buffer = new WriteBuffer()
  #otherBuffer = new WriteBuffer()
  /** Bytes written since the last sync began. */
  #unsyncedBytes = 0
  /** The running sync, and the one that starts after it. Calls made during a running sync share the next one. */
  #syncing: Promise<void> = Promise.resolve()
  #nextSync: Promise<void> | undefined
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
   * @param onFailure - called at once when a write in the background fails
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

  /** Bytes of the file, including those in flight. */
  get bytes(): number {
    return this.#bytes
  }

  /** Rows added to the file, including those in flight. */
  get rows(): number {
    return this.#rows
  }

  /**
   * Appends a chunk, piece by piece as it is encoded. The last write is still in flight when the promise resolves. If a
   * write fails, the file is truncated to its size before the chunk.
   *
   * @param pieces - the pieces of the chunk, in order; each is copied or written before the next one is requested
   * @param rows - returns how many rows the file has with the chunk; called after the last piece
   */
  async append(pieces: Pieces, rows = () => this.#rows): Promise<void> {
    await this.settle()
    const before = { bytes: this.#bytes, rows: this.#rows }
    try {
      for await (const piece of pieces) {
        if (this.#buffer.add(piece)) continue
        await this.#sendBuffer(before)
        if (this.#buffer.add(piece)) continue
        // The piece is too large for the buffer, and it is only valid until the next one is requested. So it is written
        // now.
        await this.#send(piece, before)
        await this.settle()
      }
      await this.#sendBuffer(before)
      // The write in flight may have failed already. Then the rows are not in the file.
      if (this.#failure === undefined) this.#rows = rows()
    } catch (error) {
      this.#buffer.clear()
      await this.#inFlight
      await this.#rollBack(before)
      throw error
    }
  }

  /** Waits until everything appended so far is written. */
  async settle(): Promise<void> {
    await this.#inFlight
    if (this.#failure !== undefined) throw this.#failure
  }

  /**
   * Waits until everything appended so far is durable. More may be appended meanwhile. All calls made during a running
   * sync share the next one.
   */
  sync(): Promise<void> {
    this.#nextSync ??= this.#syncing.then(() => {
      this.#nextSync = undefined
      const sync = this.#sync()
      this.#syncing = sync.catch(() => {})
      return sync
    })
    return this.#nextSync
  }

  /** Makes the file durable and closes it. It is closed even if it failed. */
  async close(): Promise<void> {
    try {
      await this.sync()
    } finally {
      await this.#release()
    }
  }

  async #release(): Promise<void> {
    await this.#nextSync?.catch(() => {})
    await this.#syncing
    try {
      await this.#target.close()
    } catch (cause) {
      // An error of the close must not hide the failed write before it.
      throw this.#failure ?? ioError('close', this.path, cause)
    }
  }

  /** Starts to write the collected pieces. */
  async #sendBuffer(before: Extent): Promise<void> {
    const buffer = this.#buffer
    if (buffer.length === 0) return
    await this.#send(buffer.bytes, before)
    this.#buffer = this.#otherBuffer
    this.#buffer.clear()
    this.#otherBuffer = buffer
  }

  /** Starts to write bytes after the previous write has finished. */
  async #send(bytes: Uint8Array, before: Extent): Promise<void> {
    await this.settle()
    this.#bytes += bytes.length
    this.#inFlight = this.#write(bytes, before)
  }

  async #write(bytes: Uint8Array, before: Extent): Promise<void> {
    try {
      await this.#target.write(bytes)
      this.#unsyncedBytes += bytes.length
      if (this.#unsyncedBytes >= SYNC_BYTES && this.#nextSync === undefined) this.#syncInBackground()
    } catch (cause) {
      const failure = this.#fail('write to', cause)
      await this.#rollBack(before)
      this.#onFailure(failure)
    }
  }

  async #sync(): Promise<void> {
    await this.settle()
    this.#unsyncedBytes = 0
    try {
      await this.#target.sync()
    } catch (cause) {
      throw this.#fail('sync', cause)
    }
  }

  /** Starts a sync that no caller waits for. A failure is reported through the callback. */
  #syncInBackground(): void {
    this.sync().catch((failure: unknown) => {
      this.#onFailure(failure as Error)
    })
  }

  /** Removes a failed chunk from the file, so that the file ends with a whole record. */
  async #rollBack(before: Extent): Promise<void> {
    this.#bytes = before.bytes
    this.#rows = before.rows
    await this.#target.truncate(before.bytes).catch(() => {})
  }

  #fail(action: string, cause: unknown): Error {
    this.#failure ??= ioError(action, this.path, cause)
    return this.#failure
  }
}
