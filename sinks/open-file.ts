/**
 * One file being written. It writes behind by one chunk, so that encoding and the disk work at the same time, and
 * never has more than that chunk in flight.
 */
import { ioError, type ByteTarget, type OpenTarget } from './file-target.ts'

/** An open file. The first failure is kept and met by every later call. */
export class OpenFile {
  readonly path: string
  readonly #target: ByteTarget
  readonly #onFailure: (error: Error) => void
  #inFlight: Promise<void> = Promise.resolve()
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
   * Waits for the chunk in flight, then sends the next one on its way.
   *
   * @param parts - the bytes of the chunk, in order
   * @param rows - how many rows will have been added once they are in the file
   */
  async append(parts: readonly Uint8Array[], rows = this.#rows): Promise<void> {
    await this.settle()
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    if (length === 0) return
    const before = { bytes: this.#bytes, rows: this.#rows }
    this.#bytes += length
    this.#rows = rows
    this.#inFlight = this.#write(parts, before)
  }

  /** Waits until everything appended is in the file. */
  async settle(): Promise<void> {
    await this.#inFlight
    if (this.#failure !== undefined) throw this.#failure
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

  async #write(parts: readonly Uint8Array[], before: { bytes: number; rows: number }): Promise<void> {
    try {
      for (const bytes of joinSmall(parts)) await this.#target.write(bytes)
    } catch (cause) {
      const failure = this.#fail('write to', cause)
      // A part of the chunk may be in the file: cut it off, so that the file ends with a whole record.
      await this.#target.truncate(before.bytes).catch(() => {})
      this.#bytes = before.bytes
      this.#rows = before.rows
      this.#onFailure(failure)
    }
  }

  #fail(action: string, cause: unknown): Error {
    this.#failure ??= ioError(action, this.path, cause)
    return this.#failure
  }
}

/** Parts smaller than this are joined, so that small ones don't cost a write each and large ones no copy. */
const SMALL_BYTES = 64 * 1024

function* joinSmall(parts: readonly Uint8Array[]): Generator<Uint8Array> {
  let small: Uint8Array[] = []
  let smallBytes = 0
  for (const part of parts) {
    if (part.length < SMALL_BYTES && smallBytes < SMALL_BYTES) {
      small.push(part)
      smallBytes += part.length
      continue
    }
    if (small.length > 0) yield Buffer.concat(small)
    small = []
    smallBytes = 0
    yield part
  }
  if (small.length > 0) yield Buffer.concat(small)
}
