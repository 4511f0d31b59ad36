/**
 * The directories of all phases, `<directory>/<workflow>/outputs/<phase>/`, and who may do what in them when.
 */
import { existsSync } from 'node:fs'
import { rmdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { KeyedLock } from '../core/keyed-lock.ts'
import { decodeName, encodeName } from '../core/names.ts'
import { listDirectory, MANIFEST, PhaseDirectory } from './phase-directory.ts'

/** Which output. */
export interface OutputPlace {
  readonly workflowId: string
  readonly phaseName: string
}

/** What runs in the directory of a phase. */
type Work<Value> = (directory: PhaseDirectory) => Promise<Value>

/** Hands out the directories of phases. Whoever has a moment must not ask for a turn. */
export class PhaseDirectories {
  readonly #path: string
  readonly #turns = new KeyedLock()
  readonly #moments = new KeyedLock()

  /** @param path - of the directory of all workflows; a relative one is taken from where the process is now */
  constructor(path: string) {
    this.#path = resolve(path)
  }

  /**
   * Runs what is to replace an output, for as long as the new one takes to come in: one after the other for a phase, and
   * nobody else waits.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_NAME`
   */
  async serialize<Value>(place: OutputPlace, work: Work<Value>): Promise<Value> {
    const directory = this.#directoryOf(place)
    return this.#turns.run(directory.path, () => work(directory))
  }

  /**
   * Runs what looks at an output, or puts another in its place: nobody else does so meanwhile, thus it must not wait for
   * anything but the disk.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_NAME`
   */
  async exclusive<Value>(place: OutputPlace, work: Work<Value>): Promise<Value> {
    const directory = this.#directoryOf(place)
    return this.#moments.run(directory.path, () => work(directory))
  }

  /**
   * Makes the directory of a phase, while nobody removes those above it.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_IO`
   */
  make(directory: PhaseDirectory): Promise<void> {
    return this.#moments.run(dirname(directory.path), () => directory.make())
  }

  /** Removes the directories of a workflow, unless there is anything in them. */
  async removeEmpty(workflowId: string): Promise<void> {
    const path = this.#pathOf(workflowId)
    await this.#moments.run(path, async () => {
      await rmdir(path).catch(() => {})
      await rmdir(dirname(path)).catch(() => {})
    })
  }

  /**
   * The phases of a workflow that have a directory, be there an output in it or not.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_NAME`, `ERR_SPILLWAY_IO`
   */
  async phasesOf(workflowId: string): Promise<string[]> {
    return (await listDirectory(this.#pathOf(workflowId))).flatMap((name) => phaseOf(name) ?? [])
  }

  /** Those of {@link phasesOf} that have an output. */
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

/** The phase that has the directory `name`; undefined where that is somebody else's. */
function phaseOf(name: string): string | undefined {
  const phase = decodeName(name)
  try {
    return phase !== undefined && encodeName(phase, 'phase') === name ? phase : undefined
  } catch {
    return undefined
  }
}
