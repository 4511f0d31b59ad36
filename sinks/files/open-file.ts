/**
 * One file being written. It writes behind, so that encoding and the disk work at the same time: up to a megabyte of a
 * chunk is in flight while the next one is made.
 */
import { ioError, type ByteTarget, type OpenTarget } from './file-target.ts'
import type { Pieces } from '../record-writer.ts'
import { WriteBuffer } from './write-buffer.ts'

/**
 * Bytes that the disk is sent at a time while writing goes on: left to the end, all of them would be waited for then.
 */
const SYNC_BYTES = 16 * 1024 * 1024

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
  #inFlight: Promise<void> = Promise.resolve()
  /** Where pieces wait, and where those in flight are. */
  #buffer = new WriteBuffer()
  #otherBuffer = new WriteBuffer()
  /** Bytes written since a sync last began. */
  #unsyncedBytes = 0
  /** The sync under way, and the one that begins after it: whoever asks by then is answered by that one. */
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
   * Sends a chunk on its way, piece by piece as it is made, and leaves the last one in flight. A chunk gets into the
   * file as a whole or not at all.
   *
   * @param pieces - what the chunk consists of, in order; each is copied or written before the next is asked for
   * @param rows - how many rows the file holds with the chunk; asked when all pieces are made
   */
  async append(pieces: Pieces, rows = () => this.#rows): Promise<void> {
    await this.settle()
    const before = { bytes: this.#bytes, rows: this.#rows }
    try {
      for await (const piece of pieces) {
        if (this.#buffer.add(piece)) continue
        await this.#sendRoom(before)
        if (this.#buffer.add(piece)) continue
        // Too large to be copied, and not to be kept either.
        await this.#send(piece, before)
        await this.settle()
      }
      await this.#sendRoom(before)
      // The piece in flight may have failed already, and the rows with it.
      if (this.#failure === undefined) this.#rows = rows()
    } catch (error) {
      this.#buffer.clear()
      await this.#inFlight
      await this.#rollBack(before)
      throw error
    }
  }

  /** Waits until everything appended is in the file. */
  async settle(): Promise<void> {
    await this.#inFlight
    if (this.#failure !== undefined) throw this.#failure
  }

  /**
   * Waits until everything appended by now is on the disk. More may be appended meanwhile; all who ask while one sync is
   * under way are answered by the next one.
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

  /** Makes the file durable and releases it. It is released even when it failed. */
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
      // A failed close must not hide the failed write before it.
      throw this.#failure ?? ioError('close', this.path, cause)
    }
  }

  /** Leaves the pieces that wait in flight. */
  async #sendRoom(before: Extent): Promise<void> {
    const buffer = this.#buffer
    if (buffer.length === 0) return
    await this.#send(buffer.bytes, before)
    this.#buffer = this.#otherBuffer
    this.#buffer.clear()
    this.#otherBuffer = buffer
  }

  /** Leaves bytes in flight, once what was in flight has arrived. */
  async #send(bytes: Uint8Array, before: Extent): Promise<void> {
    await this.settle()
    this.#bytes += bytes.length
    this.#inFlight = this.#write(bytes, before)
  }

  async #write(bytes: Uint8Array, before: Extent): Promise<void> {
    try {
      await this.#target.write(bytes)
      this.#unsyncedBytes += bytes.length
      if (this.#unsyncedBytes >= SYNC_BYTES && this.#nextSync === undefined) this.#syncBehind()
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

  /** A sync that nobody waits for. */
  #syncBehind(): void {
    this.sync().catch((failure: unknown) => {
      this.#onFailure(failure as Error)
    })
  }

  /** Cuts off what is in the file of a chunk that failed, so that the file ends with a whole record. */
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
