/**
 * Keeps what phases hand on: small outputs in memory, large ones on disk, so that later phases can load them, or read
 * their rows one after the other.
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
  /** Outputs on disk are in `<directory>/<workflow id>/outputs/<phase>/`. */
  readonly directory: string
  /** An output of fewer bytes stays in memory; bytes are those of its serialized form. @default 1048576 (1 MB) */
  readonly memoryLimitBytes?: number
  /** Bytes of all outputs in memory; beyond them, those used the longest ago move to the disk. @default 67108864 (64 MB) */
  readonly memoryBudgetBytes?: number
  /** Whether outputs in memory are on the disk too, so that they outlive the process. @default false */
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
 * Stores the outputs of phases and hands them out again, deeply equal to what they were (instances of classes become
 * plain objects of their fields), and untouched by what becomes of the original.
 *
 * An output is a value that a structured clone can hold, or a stream of rows (a Readable, an async iterable, a generator).
 * On disk, rows that are flat and alike are Parquet, also those in arrays at the top level of an object; all else is
 * serialized, with checksums. An output on disk is seen whole or not at all, survives a crash, and is found by any
 * manager of the same directory.
 *
 * Stores of one phase run one after the other, in the order asked for. Reading does not wait for them: until a store has
 * ended, the output before it is read, also by the stream of rows that is being stored. Memory: `memoryBudgetBytes`, and
 * for each call under way what `memoryLimitBytes` allows, or a row group of Parquet; a value without rows is serialized
 * at once.
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
  /** Whoever puts an output into memory. */
  readonly #room = new KeyedLock()

  /** @throws {SpillwayError} `ERR_SPILLWAY_OPTION` */
  constructor(given: DataFlowManagerOptions) {
    const options = resolveOptions<DataFlowManagerOptions, typeof DEFAULTS>('DataFlowManager', given, checks, DEFAULTS)
    expectValue('directory', options.directory, text)
    this.#options = options
    this.#directories = new PhaseDirectories(options.directory)
  }

  /**
   * Stores the output of a phase in the place of the one before. If that fails, the one before stays.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_OUTPUT`, naming the field that cannot be stored, or when a stream of rows fails;
   *   `ERR_SPILLWAY_NAME`; `ERR_SPILLWAY_IO`
   */
  async storePhaseOutput(workflowId: string, phaseName: string, output: unknown): Promise<PhaseReference> {
    const place = { workflowId, phaseName }
    // A stream may fail while it waits for its turn: that is met when it is read, and must not end the process before.
    if (output instanceof Stream) output.on('error', () => {})
    try {
      return await this.#directories.serialize(place, (directory) => this.#take(output, place, directory))
    } catch (error) {
      closeStream(output)
      throw error
    }
  }

  /**
   * Loads the output of a phase.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_OUTPUT` when there is none, or it is damaged; `ERR_SPILLWAY_IO`
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
   * Loads the outputs of several phases.
   *
   * @returns by the names of the phases; the object has no prototype
   * @throws {SpillwayError} as {@link getPhaseOutput} does
   */
  async getPhaseOutputs(workflowId: string, phaseNames: readonly string[]): Promise<Record<string, unknown>> {
    const outputs = Object.create(null) as Record<string, unknown>
    for (const name of phaseNames) outputs[name] = await this.getPhaseOutput(workflowId, name)
    return outputs
  }

  /**
   * Makes a reference to the output of a phase; nothing is loaded.
   *
   * @throws {SpillwayError} as {@link getPhaseOutput} does
   */
  async createReference(workflowId: string, phaseName: string): Promise<PhaseReference> {
    const place = { workflowId, phaseName }
    return this.#directories.exclusive(place, async (directory) =>
      this.#referTo(place, await this.#find(place, directory)),
    )
  }

  /**
   * Copies the output of one phase to another, as bytes.
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
          ? this.#hold(to, opened.held)
          : this.#file(to, directory, async (files) => {
              await this.#directories.make(directory)
              return this.#replace(to, await opened.copy(files))
            }),
      )
    } finally {
      await opened.close()
    }
  }

  /**
   * Removes all outputs of a workflow; nothing else of its directory.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_IO`
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

  #take(output: unknown, place: OutputPlace, directory: PhaseDirectory): Promise<PhaseReference> {
    const { memoryLimitBytes, memoryBudgetBytes } = this.#options
    return this.#file(place, directory, async (files) => {
      const drafted = await draftOutput(splitOutput(output), {
        phase: place.phaseName,
        memoryLimitBytes: Math.min(memoryLimitBytes, memoryBudgetBytes + 1),
        openFiles: async () => {
          await this.#directories.make(directory)
          return files
        },
      })
      return drafted.kind === 'held' ? this.#hold(place, drafted.held) : this.#replace(place, drafted.files)
    })
  }

  /** Runs what writes files, and removes them if it fails. */
  async #file<Value>(
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
      throw damagedFile(directory.manifestPath, 'it is that of another phase')
    }
    return new FiledOutput(directory.path, manifest)
  }

  async #hold(place: OutputPlace, held: HeldOutput): Promise<PhaseReference> {
    const output = new MemoryOutput(makeId(), held)
    await this.#room.run('', async () => {
      await this.#makeRoom(output.bytes, place)
      await this.#directories.exclusive(place, async (directory) => {
        if (this.#options.durable) await directory.sweep(await this.#copyOut(output, place, directory))
        else await directory.clear()
        this.#memory.set(place.workflowId, place.phaseName, output)
      })
    })
    return this.#referTo(place, output)
  }

  /** Makes files the output of a phase. */
  #replace(place: OutputPlace, files: OutputFiles): Promise<PhaseReference> {
    const { workflowId, phaseName: phase } = place
    return this.#directories.exclusive(place, async (directory) => {
      const manifest = makeManifest({ id: makeId(), workflowId, phase }, files)
      await this.#publish(manifest, directory)
      await directory.sweep(manifest)
      return this.#referTo(place, new FiledOutput(directory.path, manifest))
    })
  }

  async #publish(manifest: OutputManifest, directory: PhaseDirectory): Promise<void> {
    await directory.publish(manifest)
    this.#memory.delete(manifest.workflowId, manifest.phase)
  }

  /** Moves outputs to the disk until another one of `bytes` is within the budget in the place of the one of `place`. */
  async #makeRoom(bytes: number, { workflowId, phaseName }: OutputPlace): Promise<void> {
    for (;;) {
      // This also makes it the last one to be moved.
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
      // It was replaced or cleaned up while this waited.
      if (output === undefined) return
      // One that is durable is there already.
      if (this.#options.durable) this.#memory.delete(workflowId, phase)
      // No sweep: a store that is under way may have files here.
      else await this.#copyOut(output, place, directory)
    })
  }

  /** Writes an output that is in memory to the disk. */
  async #copyOut(
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

  #referTo(place: OutputPlace, output: StoredOutput): PhaseReference {
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
