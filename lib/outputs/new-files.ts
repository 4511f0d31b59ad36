/**
 * The files that one attempt to store an output writes, under names nobody had before. What is written is summed up on
 * its way, so that a reader can tell damage.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { openFileTarget, type OpenTarget } from '../../sinks/files/file-target.ts'

/** A complete file of an output. */
export interface StoredFile {
  readonly name: string
  readonly bytes: number
  readonly crc32: number
}

/** The files of one attempt. */
export class NewFiles {
  readonly #directory: string
  readonly #prefix = randomBytes(8).toString('hex')
  readonly #files: NewFile[] = []

  constructor(directory: string) {
    this.#directory = directory
  }

  /** The names of all files made. */
  get names(): string[] {
    return this.#files.map(({ name }) => name)
  }

  /** Makes up a file; it comes into being when it is opened. */
  make(suffix: string): NewFile {
    const file = new NewFile(this.#directory, `${this.#prefix}-${suffix}`)
    this.#files.push(file)
    return file
  }
}

/** A file to be written. */
export class NewFile {
  readonly name: string
  readonly path: string
  #bytes = 0
  #crc32 = 0

  constructor(directory: string, name: string) {
    this.name = name
    this.path = join(directory, name)
  }

  /** What is known of the file when it is complete. */
  get stored(): StoredFile {
    return { name: this.name, bytes: this.#bytes, crc32: this.#crc32 }
  }

  /** Opens the real file and sums up what is written to it. */
  readonly openTarget: OpenTarget = async (path, mode) => {
    const target = await openFileTarget(path, mode)
    return {
      initialBytes: target.initialBytes,
      write: async (bytes) => {
        await target.write(bytes)
        this.#bytes += bytes.length
        this.#crc32 = crc32(bytes, this.#crc32)
      },
      sync: () => target.sync(),
      truncate: (bytes) => target.truncate(bytes),
      close: () => target.close(),
    }
  }
}

/** Whether `name` is one that a file of an output can have: what a manifest says is not trusted with paths. */
export function isFileName(name: unknown): boolean {
  return typeof name === 'string' && /^[0-9a-f]{16}-[a-z0-9-]+\.(frames|parquet)$/.test(name)
}
