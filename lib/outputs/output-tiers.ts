/**
 * The two tiers of outputs, memory and disk: finds an output in either, and moves outputs from memory to the disk.
 */
import { randomBytes } from 'node:crypto'
import { KeyedLock } from '../core/keyed-lock.ts'
import { FiledOutput } from './filed-output.ts'
import { MemoryOutput, type HeldOutput } from './memory-output.ts'
import { MemoryTier } from './memory-tier.ts'
import { NewFiles } from './new-files.ts'
import { damagedFile, missingOutput, replacedOutput } from './output-errors.ts'
import { makeManifest, type OutputManifest } from './output-manifest.ts'
import { OutputReference } from './output-reference.ts'
import type { OutputPlace, PhaseDirectories } from './phase-directories.ts'
import type { PhaseDirectory } from './phase-directory.ts'
import type { PhaseReference } from './reference.ts'
import type { OutputFiles, StoredOutput } from './stored-output.ts'

/** Settings of {@link OutputTiers}; see `DataFlowManagerOptions`. */
interface TierSettings {
  readonly memoryBudgetBytes: number
  readonly durable: boolean
}

/** The outputs of all phases. Memory: `memoryBudgetBytes`. */
export class OutputTiers {
  readonly #directories: PhaseDirectories
  readonly #options: TierSettings
  readonly #memory = new MemoryTier()
  /** Outputs are added to memory one at a time. */
  readonly #memoryLock = new KeyedLock()

  constructor(directories: PhaseDirectories, settings: TierSettings) {
    this.#directories = directories
    this.#options = settings
  }

  /** The phases of a workflow that have an output or a directory. */
  async phasesOf(workflowId: string): Promise<ReadonlySet<string>> {
    const filed = await this.#directories.phasesOf(workflowId)
    return new Set([...this.#memory.phasesOf(workflowId), ...filed])
  }

  /** Removes the output of a phase from both tiers. */
  async remove({ workflowId, phaseName }: OutputPlace, directory: PhaseDirectory): Promise<void> {
    this.#memory.delete(workflowId, phaseName)
    await directory.clear()
  }

  /**
   * The output of a phase.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_OUTPUT` when none is stored, or it is damaged
   */
  async find(place: OutputPlace, directory: PhaseDirectory): Promise<StoredOutput> {
    const output = await this.#current(place, directory)
    if (output !== undefined) return output
    const { workflowId, phaseName } = place
    const filed = await this.#directories.storedPhasesOf(workflowId)
    throw missingOutput(workflowId, phaseName, [...new Set([...this.#memory.phasesOf(workflowId), ...filed])].sort())
  }

  async #current({ workflowId, phaseName }: OutputPlace, directory: PhaseDirectory): Promise<StoredOutput | undefined> {
    const held = this.#memory.get(workflowId, phaseName)
    if (held !== undefined) return held
    const manifest = await directory.read()
    if (manifest === undefined) return undefined
    if (manifest.workflowId !== workflowId || manifest.phase !== phaseName) {
      throw damagedFile(directory.manifestPath, 'it belongs to another phase')
    }
    return new FiledOutput(directory.path, manifest)
  }

  /** Keeps an output in memory, and moves others to the disk when all exceed the budget. */
  async storeInMemory(place: OutputPlace, held: HeldOutput): Promise<PhaseReference> {
    const output = new MemoryOutput(makeId(), held)
    await this.#memoryLock.run('', async () => {
      await this.#freeMemory(output.bytes, place)
      await this.#directories.exclusive(place, async (directory) => {
        if (this.#options.durable) await directory.sweep(await this.#writeToDisk(output, place, directory))
        else await directory.clear()
        this.#memory.set(place.workflowId, place.phaseName, output)
      })
    })
    return this.refer(place, output)
  }

  /** Publishes complete files as the output of a phase. */
  storeOnDisk(place: OutputPlace, files: OutputFiles): Promise<PhaseReference> {
    const { workflowId, phaseName: phase } = place
    return this.#directories.exclusive(place, async (directory) => {
      const manifest = makeManifest({ id: makeId(), workflowId, phase }, files)
      await this.#publish(manifest, directory)
      await directory.sweep(manifest)
      return this.refer(place, new FiledOutput(directory.path, manifest))
    })
  }

  async #publish(manifest: OutputManifest, directory: PhaseDirectory): Promise<void> {
    await directory.publish(manifest)
    this.#memory.delete(manifest.workflowId, manifest.phase)
  }

  /** Moves outputs to the disk until an output of `bytes` can replace that of `place` within the budget. */
  async #freeMemory(bytes: number, { workflowId, phaseName }: OutputPlace): Promise<void> {
    for (;;) {
      // get() also marks the output of `place` as the most recently used, so that it is moved last.
      const replacedBytes = this.#memory.get(workflowId, phaseName)?.bytes ?? 0
      const { oldest } = this.#memory
      const bytesThen = this.#memory.bytes - replacedBytes + bytes
      if (oldest === undefined || bytesThen <= this.#options.memoryBudgetBytes) return
      await this.#spill({ workflowId: oldest.workflowId, phaseName: oldest.phase })
    }
  }

  #spill(place: OutputPlace): Promise<void> {
    const { workflowId, phaseName: phase } = place
    return this.#directories.exclusive(place, async (directory) => {
      const output = this.#memory.get(workflowId, phase)
      // The output was replaced or removed while this waited for the lock.
      if (output === undefined) return
      // A durable output is on the disk already.
      if (this.#options.durable) this.#memory.delete(workflowId, phase)
      // No sweep: a running store may have files in this directory.
      else await this.#writeToDisk(output, place, directory)
    })
  }

  /** Writes an output in memory to the disk, and removes it from memory. */
  async #writeToDisk(
    output: MemoryOutput,
    { workflowId, phaseName: phase }: OutputPlace,
    directory: PhaseDirectory,
  ): Promise<OutputManifest> {
    const files = new NewFiles(directory.path)
    try {
      await this.#directories.make(directory)
      const manifest = makeManifest({ id: output.id, workflowId, phase }, await output.copy(files))
      await this.#publish(manifest, directory)
      return manifest
    } catch (error) {
      await directory.discard(files)
      throw error
    }
  }

  /** A reference that opens the output again, unless it was replaced. */
  refer(place: OutputPlace, output: StoredOutput): PhaseReference {
    const { workflowId, phaseName } = place
    return new OutputReference(workflowId, phaseName, output, (table) =>
      this.#directories.exclusive(place, async (directory) => {
        const current = await this.#current(place, directory)
        if (current?.id !== output.id) throw replacedOutput(workflowId, phaseName)
        return current.open(table)
      }),
    )
  }
}

function makeId(): string {
  return randomBytes(8).toString('hex')
}
