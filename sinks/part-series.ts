/**
 * The sequence of files that a sink writes: numbered parts in a directory, one plain file, or one stream. It also
 * applies `onExisting` to output that already exists.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { SpillwayError } from '../lib/core/errors.ts'
import { endTornLine } from './files/torn-line.ts'
import { ioError, StreamTarget } from './files/file-target.ts'
import { OpenFile } from './files/open-file.ts'
import { listParts, partName, partNumber } from './files/part-names.ts'
import { extensionOf, type ResolvedRecordSinkOptions, type SinkPlace } from './options.ts'

/** Opens the files of one sink, one after another. */
export class PartSeries {
  readonly #options: ResolvedRecordSinkOptions
  readonly #onFailure: (error: Error) => void
  #nextNumber = 0
  /** The only file of a place without parts, until {@link next} returns it. */
  #plainFile: OpenFile | undefined

  /** @param onFailure - called at once when a write in the background fails */
  constructor(options: ResolvedRecordSinkOptions, onFailure: (error: Error) => void) {
    this.#options = options
    this.#onFailure = onFailure
  }

  /** Whether the place can have more than one file. */
  get hasParts(): boolean {
    return this.#options.place.kind === 'directory'
  }

  /**
   * Prepares the place. Refuses or removes existing output according to `onExisting`. Opens the file or the stream of a
   * place without parts.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_EXISTS`, `ERR_SPILLWAY_IO`
   */
  async prepare(): Promise<void> {
    const { place } = this.#options
    if (place.kind === 'directory') await this.#prepareDirectory(place.path)
    else this.#plainFile = await this.#openPlain(place)
  }

  /**
   * Opens the next file.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_EXISTS`, `ERR_SPILLWAY_IO`
   */
  async next(): Promise<OpenFile> {
    const { place, openTarget } = this.#options
    if (place.kind === 'directory') {
      const path = join(place.path, partName(this.#nextNumber, extensionOf(this.#options)))
      this.#nextNumber += 1
      return OpenFile.open(path, 'create', openTarget, this.#onFailure)
    }
    const file = this.#plainFile
    if (file === undefined) throw new TypeError('a place without parts has one file only')
    this.#plainFile = undefined
    return file
  }

  /** Closes the plain file if {@link next} did not return it. */
  async close(): Promise<void> {
    await this.#plainFile?.close()
    this.#plainFile = undefined
  }

  async #openPlain(place: Exclude<SinkPlace, { kind: 'directory' }>): Promise<OpenFile> {
    const { onExisting, openTarget } = this.#options
    if (place.kind === 'stream') {
      const target = new StreamTarget(place.stream)
      return OpenFile.open('the output stream', 'create', () => Promise.resolve(target), this.#onFailure)
    }
    if (onExisting === 'append') await endTornLine(place.path)
    return OpenFile.open(place.path, onExisting === 'error' ? 'create' : onExisting, openTarget, this.#onFailure)
  }

  async #prepareDirectory(directory: string): Promise<void> {
    const parts = await listParts(directory)
    const last = parts.at(-1)
    if (last === undefined) return
    switch (this.#options.onExisting) {
      case 'error':
        throw existsError(directory, last)
      case 'append':
        this.#nextNumber = partNumber(last) + 1
        break
      case 'overwrite':
        await removeFiles(parts.map((part) => join(directory, part)))
    }
  }
}

function existsError(directory: string, part: string): SpillwayError {
  return new SpillwayError(
    'ERR_SPILLWAY_EXISTS',
    `${directory} already holds results (${part}). Choose another directory, or set \`onExisting\` to 'overwrite' or 'append'.`,
    { place: { path: directory } },
  )
}

async function removeFiles(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    try {
      await rm(path)
    } catch (cause) {
      throw ioError('remove', path, cause)
    }
  }
}
