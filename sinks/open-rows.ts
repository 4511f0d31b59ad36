/**
 * The records of an open row group on disk, until the row group is large enough to be written. A phase whose records come
 * slowly is so committed often, with neither small row groups nor unused footers in its parts.
 */
import { join } from 'node:path'
import type { OpenRows } from '../lib/core/marker.ts'
import type { OpenTarget } from './files/file-target.ts'
import { OpenFile } from './files/open-file.ts'
import type { OpenRowsCopy } from './record-writer.ts'

/**
 * Writes copies of open row groups. There are two files, written in turns: the copy before stays whole until the next one
 * is committed. Memory: that of an OpenFile.
 */
export class OpenRowsFiles {
  readonly #directory: string
  readonly #openTarget: OpenTarget
  readonly #onFailure: (error: Error) => void
  #isOdd = false
  #file: OpenFile | undefined

  /** @param onFailure - called at once when a write in the background fails */
  constructor(directory: string, openTarget: OpenTarget, onFailure: (error: Error) => void) {
    this.#directory = directory
    this.#openTarget = openTarget
    this.#onFailure = onFailure
  }

  /**
   * Writes a copy. {@link sync} makes it durable, before the next is written.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_IO`
   */
  async write({ rows, pieces }: OpenRowsCopy): Promise<OpenRows> {
    await this.sync()
    const path = join(this.#directory, `${Number(this.#isOdd)}.parquet`)
    this.#isOdd = !this.#isOdd
    const file = await OpenFile.open(path, 'overwrite', this.#openTarget, this.#onFailure)
    this.#file = file
    await file.append(pieces, () => rows)
    await file.settle()
    return { path, bytes: file.bytes, rows }
  }

  /**
   * Makes the last copy durable and closes it.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_IO`
   */
  async sync(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }
}
