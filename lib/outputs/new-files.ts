/**
 * The files that one attempt to store an output writes. Their names are random, so that no two attempts share a name. A
 * checksum of the written bytes is computed, so that a reader can detect damage.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { openFileTarget, type OpenTarget } from '../../sinks/files/file-target.ts'

/** A complete file of an output. */
export interface StoredFile {
  /** The name of the file in the directory of its phase. */
  readonly name: string
  readonly bytes: number
  /** CRC-32 of all bytes of the file. */
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

  /** The names of all files of the attempt. */
  get names(): string[] {
    return this.#files.map(({ name }) => name)
  }

  /** Chooses the name of a new file. The file is created when it is opened. */
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

  /** The name, the size and the checksum; final once the file is complete. */
  get stored(): StoredFile {
    return { name: this.name, bytes: this.#bytes, crc32: this.#crc32 }
  }

  /** Opens the file, and computes the size and the checksum of what is written to it. */
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

/**
 * Whether `name` is a valid name of an output file. Names in a manifest are checked, because they could be any path.
 */
export function isFileName(name: unknown): boolean {
  return typeof name === 'string' && /^[0-9a-f]{16}-[a-z0-9-]+\.(frames|parquet)$/.test(name)
}
