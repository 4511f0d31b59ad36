/**
 * The directory of one phase's output. What its manifest names is the output; other files with names as ours are left from
 * attempts that a crash cut short, and all else is somebody else's. A manifest gets there by a rename, so that readers
 * see an output as a whole or not at all.
 */
import { mkdir, readdir, readFile, rm, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ioError, syncDirectory } from '../../sinks/files/file-target.ts'
import { draftPath, replaceFile } from '../../sinks/files/replace-file.ts'
import { errnoOf } from '../core/errors.ts'
import { isFileName, type NewFiles } from './new-files.ts'
import { decodeManifest, encodeManifest, fileNamesOf, type OutputManifest } from './output-manifest.ts'

/** The name of a manifest. */
export const MANIFEST = 'output.json'
const DRAFT = draftPath(MANIFEST)

/** A directory that may not exist yet. Calls that change it must not overlap. */
export class PhaseDirectory {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }

  get manifestPath(): string {
    return join(this.path, MANIFEST)
  }

  /**
   * Makes the directory, so that it survives a power loss.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_IO`
   */
  async make(): Promise<void> {
    try {
      const first = await mkdir(this.path, { recursive: true })
      if (first === undefined) return
      for (let path = this.path; path.length >= first.length; path = dirname(path)) await syncDirectory(dirname(path))
    } catch (cause) {
      throw ioError('make the directory', this.path, cause)
    }
  }

  /**
   * What the manifest says; undefined when there is none.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_OUTPUT` for a damaged one, `ERR_SPILLWAY_IO`
   */
  async read(): Promise<OutputManifest | undefined> {
    const path = this.manifestPath
    let text: string
    try {
      text = await readFile(path, 'utf8')
    } catch (cause) {
      if (isAbsent(cause)) return undefined
      throw ioError('read', path, cause)
    }
    return decodeManifest(text, path)
  }

  /**
   * Makes an output visible whose files are complete and durable.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_IO`
   */
  async publish(manifest: OutputManifest): Promise<void> {
    await replaceFile(this.manifestPath, encodeManifest(manifest))
  }

  /** Removes what is no part of the output: the files of the one before, and of attempts that a crash cut short. */
  async sweep(manifest: OutputManifest): Promise<void> {
    const kept = new Set([MANIFEST, ...fileNamesOf(manifest)])
    const names = await readdir(this.path).catch(() => [])
    await this.#tryToRemove(names.filter((name) => isOurs(name) && !kept.has(name)))
  }

  /** Removes the files of an attempt that has failed. */
  async discard(files: NewFiles): Promise<void> {
    // It may have failed when the manifest was there already.
    const manifest = await this.read().catch(() => undefined)
    const kept = new Set(manifest && fileNamesOf(manifest))
    await this.#tryToRemove([DRAFT, ...files.names].filter((name) => !kept.has(name)))
    await rmdir(this.path).catch(() => {})
  }

  /**
   * Removes the output, and what attempts have left.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_IO`
   */
  async clear(): Promise<void> {
    const names = (await listDirectory(this.path)).filter(isOurs)
    try {
      // It goes first, and for good: without its files it would be a damaged output.
      if (names.includes(MANIFEST)) await rm(this.manifestPath).then(() => syncDirectory(this.path))
    } catch (cause) {
      throw ioError('remove', this.manifestPath, cause)
    }
    for (const name of names) await this.#remove(name)
    await rmdir(this.path).catch(() => {})
  }

  /** What stays is nobody's, and removed by the next store. */
  async #tryToRemove(names: readonly string[]): Promise<void> {
    for (const name of names) await this.#remove(name).catch(() => {})
  }

  async #remove(name: string): Promise<void> {
    const path = join(this.path, name)
    try {
      await rm(path, { force: true })
    } catch (cause) {
      throw ioError('remove', path, cause)
    }
  }
}

function isOurs(name: string): boolean {
  return name === MANIFEST || name === DRAFT || isFileName(name)
}

/**
 * The names in a directory; none when there is no such directory.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_IO`
 */
export async function listDirectory(path: string): Promise<string[]> {
  try {
    return await readdir(path)
  } catch (cause) {
    if (isAbsent(cause)) return []
    throw ioError('list', path, cause)
  }
}

function isAbsent(cause: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(errnoOf(cause) ?? '')
}
