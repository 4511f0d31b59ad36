/**
 * The directories of all phases, `<directory>/<workflow>/outputs/<phase>/`, and the locks on them.
 */
import { existsSync } from 'node:fs'
import { rmdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { KeyedLock } from '../core/keyed-lock.ts'
import { decodeName, encodeName } from '../core/names.ts'
import { listDirectory, MANIFEST, PhaseDirectory } from './phase-directory.ts'

/** Identifies the output of a phase. */
export interface OutputPlace {
  readonly workflowId: string
  readonly phaseName: string
}

/** Work in the directory of a phase. */
type Work<Value> = (directory: PhaseDirectory) => Promise<Value>

/**
 * Gives access to the directories of phases, under two locks for each phase. To avoid a deadlock, work inside
 * {@link exclusive} must not call {@link serialize}.
 */
export class PhaseDirectories {
  readonly #path: string
  readonly #storeLocks = new KeyedLock()
  readonly #accessLocks = new KeyedLock()

  /** @param path - the directory of all workflows; a relative path is resolved now, against the current directory */
  constructor(path: string) {
    this.#path = resolve(path)
  }

  /**
   * Runs work that replaces an output, including the time to receive the new one. The work of one phase runs in
   * sequence. Work inside {@link exclusive} does not wait for it.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_NAME`
   */
  async serialize<Value>(place: OutputPlace, work: Work<Value>): Promise<Value> {
    const directory = this.#directoryOf(place)
    return this.#storeLocks.run(directory.path, () => work(directory))
  }

  /**
   * Runs work that opens an output, or publishes a new one. Such work of one phase never overlaps, so it must wait for
   * nothing except the disk.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_NAME`
   */
  async exclusive<Value>(place: OutputPlace, work: Work<Value>): Promise<Value> {
    const directory = this.#directoryOf(place)
    return this.#accessLocks.run(directory.path, () => work(directory))
  }

  /**
   * Makes the directory of a phase. {@link removeEmpty} cannot remove its parent directories meanwhile.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_IO`
   */
  make(directory: PhaseDirectory): Promise<void> {
    return this.#accessLocks.run(dirname(directory.path), () => directory.make())
  }

  /** Removes the directories of a workflow if they are empty. */
  async removeEmpty(workflowId: string): Promise<void> {
    const path = this.#pathOf(workflowId)
    await this.#accessLocks.run(path, async () => {
      await rmdir(path).catch(() => {})
      await rmdir(dirname(path)).catch(() => {})
    })
  }

  /**
   * The phases of a workflow that have a directory, with or without an output in it.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_NAME`, `ERR_SPILLWAY_IO`
   */
  async phasesOf(workflowId: string): Promise<string[]> {
    return (await listDirectory(this.#pathOf(workflowId))).flatMap((name) => phaseOf(name) ?? [])
  }

  /** The phases of a workflow that have an output on disk. */
  async storedPhasesOf(workflowId: string): Promise<string[]> {
    const path = this.#pathOf(workflowId)
    const phases = await this.phasesOf(workflowId)
    return phases.filter((phase) => existsSync(join(path, encodeName(phase, 'phase'), MANIFEST)))
  }

  #directoryOf({ workflowId, phaseName }: OutputPlace): PhaseDirectory {
    return new PhaseDirectory(join(this.#pathOf(workflowId), encodeName(phaseName, 'phase')))
  }

  #pathOf(workflowId: string): string {
    return join(this.#path, encodeName(workflowId, 'workflow id'), 'outputs')
  }
}

/** The phase whose directory is called `name`; undefined when this is not the directory of a phase. */
function phaseOf(name: string): string | undefined {
  const phase = decodeName(name)
  try {
    return phase !== undefined && encodeName(phase, 'phase') === name ? phase : undefined
  } catch {
    return undefined
  }
}
