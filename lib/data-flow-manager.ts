/**
 * Stores the outputs of phases, small ones in memory and large ones on disk. Later phases load them, or stream their
 * rows.
 */
import { randomBytes } from 'node:crypto'
import { Stream } from 'node:stream'
import { KeyedLock } from './core/keyed-lock.ts'
import { expectValue, flag, integerFrom, resolveOptions, text, type Checks } from './core/options.ts'
import { draftOutput } from './outputs/draft-output.ts'
import { FiledOutput } from './outputs/filed-output.ts'
import { MemoryOutput, type HeldOutput } from './outputs/memory-output.ts'
import { MemoryTier } from './outputs/memory-tier.ts'
import { NewFiles } from './outputs/new-files.ts'
import { damagedFile, missingOutput, replacedOutput } from './outputs/output-errors.ts'
import { makeManifest, type OutputManifest } from './outputs/output-manifest.ts'
import { OutputReference } from './outputs/output-reference.ts'
import { PhaseDirectories, type OutputPlace } from './outputs/phase-directories.ts'
import type { PhaseDirectory } from './outputs/phase-directory.ts'
import { closeStream } from './outputs/row-batches.ts'
import { splitOutput } from './outputs/split-output.ts'
import { load, type OutputFiles, type StoredOutput } from './outputs/stored-output.ts'
import type { PhaseReference } from './outputs/reference.ts'

export type { OutputPlace } from './outputs/phase-directories.ts'

/** Options of {@link DataFlowManager}. */
export interface DataFlowManagerOptions {
  /** Directory of the outputs on disk, which are in `<directory>/<workflow id>/outputs/<phase>/`. */
  readonly directory: string
  /** An output with fewer serialized bytes stays in memory; others go to the disk. @default 1048576 (1 MB) */
  readonly memoryLimitBytes?: number
  /**
   * Limit for the total bytes of all outputs in memory. Above it, the least recently used ones move to the disk.
   *
   * @default 67108864 (64 MB)
   */
  readonly memoryBudgetBytes?: number
  /** Write outputs in memory to the disk, too, so that they outlive the process. @default false */
  readonly durable?: boolean
}

const checks: Checks<DataFlowManagerOptions> = {
  directory: text,
  memoryLimitBytes: integerFrom(0),
  memoryBudgetBytes: integerFrom(0),
  durable: flag,
}

const DEFAULTS = { memoryLimitBytes: 1024 * 1024, memoryBudgetBytes: 64 * 1024 * 1024, durable: false } as const

/**
 * Stores the outputs of phases and loads them again. A loaded output is deeply equal to the stored one. Only instances
 * of classes differ: they become plain objects with their fields. Later changes to the original do not affect it.
 *
 * An output is any value that a structured clone supports, or a stream of rows: a Readable, an async iterable or a
 * generator. On disk, flat rows with the same columns are stored as Parquet. So are such rows in arrays at the top
 * level of an object. All other values are serialized, with checksums. Readers see an output on disk either whole or
 * not at all. It survives a crash, and any manager of the same directory finds it.
 *
 * The stores of one phase run in sequence, in the order of the calls. Reading does not wait for them. Until a store has
 * ended, readers get the previous output. The stream of rows that is being stored can read it, too.
 *
 * Memory: `memoryBudgetBytes`, and for each running call up to `memoryLimitBytes`, or one row group of Parquet. A value
 * without rows is serialized in one step.
 *
 * @example
 * const manager = new DataFlowManager({ directory: 'results' })
 * await manager.storePhaseOutput('search', 'signals', { signals: rows, metadata })
 * const { signals } = await manager.getPhaseOutput('search', 'signals')
 */
export class DataFlowManager {
  readonly #options: Required<DataFlowManagerOptions>
  readonly #memory = new MemoryTier()
  readonly #directories: PhaseDirectories
  /** Outputs are added to memory one at a time. */
  readonly #memoryLock = new KeyedLock()

  /** @throws {SpillwayError} `ERR_SPILLWAY_OPTION` for an unknown option or an invalid value */
  constructor(given: DataFlowManagerOptions) {
    const options = resolveOptions<DataFlowManagerOptions, typeof DEFAULTS>('DataFlowManager', given, checks, DEFAULTS)
    expectValue('directory', options.directory, text)
    this.#options = options
    this.#directories = new PhaseDirectories(options.directory)
  }

  /**
   * Stores the output of a phase, and replaces the previous output. If this fails, the previous output stays.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_OUTPUT`, with the field that cannot be stored, or when a stream of rows
   *   fails; `ERR_SPILLWAY_NAME`; `ERR_SPILLWAY_IO`
   */
  async storePhaseOutput(workflowId: string, phaseName: string, output: unknown): Promise<PhaseReference> {
    const place = { workflowId, phaseName }
    // A stream may fail while its store waits. Reading it reports the error; until then it must not end the process.
    if (output instanceof Stream) output.on('error', () => {})
    try {
      return await this.#directories.serialize(place, (directory) => this.#store(output, place, directory))
    } catch (error) {
      closeStream(output)
      throw error
    }
  }

  /**
   * Loads the output of a phase into memory.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_OUTPUT` when no output is stored, or it is damaged; `ERR_SPILLWAY_NAME`;
   *   `ERR_SPILLWAY_IO`
   */
  async getPhaseOutput(workflowId: string, phaseName: string): Promise<unknown> {
    const place = { workflowId, phaseName }
    const { tables, opened } = await this.#directories.exclusive(place, async (directory) => {
      const output = await this.#find(place, directory)
      return { tables: output.tables, opened: await output.open() }
    })
    try {
      return await load(tables, opened)
    } finally {
      await opened.close()
    }
  }

  /**
   * Loads the outputs of several phases into memory.
   *
   * @returns the outputs by the names of their phases; the object has no prototype
   * @throws {SpillwayError} as {@link getPhaseOutput} does
   */
  async getPhaseOutputs(workflowId: string, phaseNames: readonly string[]): Promise<Record<string, unknown>> {
    const outputs = Object.create(null) as Record<string, unknown>
    for (const name of phaseNames) outputs[name] = await this.getPhaseOutput(workflowId, name)
    return outputs
  }

  /**
   * Makes a reference to the output of a phase, without loading it.
   *
   * @throws {SpillwayError} as {@link getPhaseOutput} does
   */
  async createReference(workflowId: string, phaseName: string): Promise<PhaseReference> {
    const place = { workflowId, phaseName }
    return this.#directories.exclusive(place, async (directory) =>
      this.#makeReference(place, await this.#find(place, directory)),
    )
  }

  /**
   * Copies the stored bytes of one phase's output to another phase, without decoding them.
   *
   * @throws {SpillwayError} as {@link getPhaseOutput} and {@link storePhaseOutput} do
   */
  async transferData(from: OutputPlace, to: OutputPlace): Promise<PhaseReference> {
    const opened = await this.#directories.exclusive(from, async (directory) =>
      (await this.#find(from, directory)).open(),
    )
    try {
      return await this.#directories.serialize(to, (directory) =>
        opened instanceof MemoryOutput
          ? this.#storeInMemory(to, opened.held)
          : this.#withNewFiles(to, directory, async (files) => {
              await this.#directories.make(directory)
              return this.#storeOnDisk(to, await opened.copy(files))
            }),
      )
    } finally {
      await opened.close()
    }
  }

  /**
   * Removes all outputs of a workflow, from memory and from disk. Other files in its directory stay.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_NAME`, `ERR_SPILLWAY_IO`
   */
  async cleanupWorkflow(workflowId: string): Promise<void> {
    const filed = await this.#directories.phasesOf(workflowId)
    for (const phaseName of new Set([...this.#memory.phasesOf(workflowId), ...filed])) {
      const place = { workflowId, phaseName }
      const remove = async (directory: PhaseDirectory) => {
        this.#memory.delete(workflowId, phaseName)
        await directory.clear()
      }
      await this.#directories.serialize(place, () => this.#directories.exclusive(place, remove))
    }
    await this.#directories.removeEmpty(workflowId)
  }

  #store(output: unknown, place: OutputPlace, directory: PhaseDirectory): Promise<PhaseReference> {
    const { memoryLimitBytes, memoryBudgetBytes } = this.#options
    return this.#withNewFiles(place, directory, async (files) => {
      const drafted = await draftOutput(splitOutput(output), {
        phase: place.phaseName,
        memoryLimitBytes: Math.min(memoryLimitBytes, memoryBudgetBytes + 1),
        openFiles: async () => {
          await this.#directories.make(directory)
          return files
        },
      })
      if (drafted.kind === 'held') return this.#storeInMemory(place, drafted.held)
      return this.#storeOnDisk(place, drafted.files)
    })
  }

  /** Runs `work`, which writes files, and removes the files if it fails. */
  async #withNewFiles<Value>(
    place: OutputPlace,
    { path }: PhaseDirectory,
    work: (files: NewFiles) => Promise<Value>,
  ): Promise<Value> {
    const files = new NewFiles(path)
    try {
      return await work(files)
    } catch (error) {
      await this.#directories.exclusive(place, (directory) => directory.discard(files))
      throw error
    }
  }

  async #find(place: OutputPlace, directory: PhaseDirectory): Promise<StoredOutput> {
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

  async #storeInMemory(place: OutputPlace, held: HeldOutput): Promise<PhaseReference> {
    const output = new MemoryOutput(makeId(), held)
    await this.#memoryLock.run('', async () => {
      await this.#freeMemory(output.bytes, place)
      await this.#directories.exclusive(place, async (directory) => {
        if (this.#options.durable) await directory.sweep(await this.#writeToDisk(output, place, directory))
        else await directory.clear()
        this.#memory.set(place.workflowId, place.phaseName, output)
      })
    })
    return this.#makeReference(place, output)
  }

  /** Publishes complete files as the output of a phase. */
  #storeOnDisk(place: OutputPlace, files: OutputFiles): Promise<PhaseReference> {
    const { workflowId, phaseName: phase } = place
    return this.#directories.exclusive(place, async (directory) => {
      const manifest = makeManifest({ id: makeId(), workflowId, phase }, files)
      await this.#publish(manifest, directory)
      await directory.sweep(manifest)
      return this.#makeReference(place, new FiledOutput(directory.path, manifest))
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

  #makeReference(place: OutputPlace, output: StoredOutput): PhaseReference {
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
