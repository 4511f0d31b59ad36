/**
 * The directory of one phase's output. The output is the files that its manifest names. Other files whose names have
 * the form of an output file remain from attempts that a crash interrupted. All other files are not ours and are never
 * touched. A manifest is published by a rename, so that readers see either the whole output or none.
 */
import { readdir, readFile, rm, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ioError, makeDirectories, syncDirectory } from '../../sinks/files/file-target.ts'
import { draftPath, replaceFile } from '../../sinks/files/replace-file.ts'
import { errnoOf } from '../core/errors.ts'
import { isFileName, type NewFiles } from './new-files.ts'
import { decodeManifest, encodeManifest, fileNamesOf, type OutputManifest } from './output-manifest.ts'

/** The file name of a manifest. */
export const MANIFEST = 'output.json'
const DRAFT = draftPath(MANIFEST)

/** The directory of a phase, which may not exist yet. Calls that change it must not overlap. */
export class PhaseDirectory {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }

  get manifestPath(): string {
    return join(this.path, MANIFEST)
  }

  /**
   * Makes the directory durable, with its parent directories, so that it survives a power loss.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_IO`
   */
  async make(): Promise<void> {
    try {
      const first = await makeDirectories(this.path)
      if (first === undefined) return
      for (let path = this.path; path.length >= first.length; path = dirname(path)) await syncDirectory(dirname(path))
    } catch (cause) {
      throw ioError('make the directory', this.path, cause)
    }
  }

  /**
   * Reads the manifest; undefined when there is none.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_OUTPUT` for a damaged manifest, `ERR_SPILLWAY_IO`
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
   * Makes an output visible to readers. Its files must be complete and durable.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_IO`
   */
  async publish(manifest: OutputManifest): Promise<void> {
    await replaceFile(this.manifestPath, encodeManifest(manifest))
  }

  /** Removes output files that the manifest does not name: of the previous output, and of interrupted attempts. */
  async sweep(manifest: OutputManifest): Promise<void> {
    const kept = new Set([MANIFEST, ...fileNamesOf(manifest)])
    const names = await readdir(this.path).catch(() => [])
    await this.#tryToRemove(names.filter((name) => isOurs(name) && !kept.has(name)))
  }

  /** Removes the files of a failed attempt. */
  async discard(files: NewFiles): Promise<void> {
    // The attempt may have failed after its manifest was published. Then its files are the output and must stay.
    const manifest = await this.read().catch(() => undefined)
    const kept = new Set(manifest && fileNamesOf(manifest))
    await this.#tryToRemove([DRAFT, ...files.names].filter((name) => !kept.has(name)))
    await rmdir(this.path).catch(() => {})
  }

  /**
   * Removes the output and the files of interrupted attempts.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_IO`
   */
  async clear(): Promise<void> {
    const names = (await listDirectory(this.path)).filter(isOurs)
    try {
      // The manifest is removed first, and durably: a manifest without its files would be a damaged output.
      if (names.includes(MANIFEST)) await rm(this.manifestPath).then(() => syncDirectory(this.path))
    } catch (cause) {
      throw ioError('remove', this.manifestPath, cause)
    }
    for (const name of names) await this.#remove(name)
    await rmdir(this.path).catch(() => {})
  }

  /** Removes files and ignores failures: no manifest names these files, and the next store removes what is left. */
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
 * The names in a directory; an empty list when the directory does not exist.
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
