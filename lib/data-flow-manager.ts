/**
 * Keeps what phases hand on: small outputs in memory, large ones on disk, so that later phases can load them, or read
 * their rows one after the other.
 */
import { randomBytes } from 'node:crypto'
import { rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { KeyedLock } from './core/keyed-lock.ts'
import { decodeName, encodeName } from './core/names.ts'
import { expectValue, integerFrom, resolveOptions, text, type Checks } from './core/options.ts'
import { draftOutput } from './outputs/draft-output.ts'
import { FiledOutput } from './outputs/filed-output.ts'
import { MemoryOutput, type HeldOutput } from './outputs/memory-output.ts'
import { MemoryTier } from './outputs/memory-tier.ts'
import { NewFiles } from './outputs/new-files.ts'
import { missingOutput, replacedOutput } from './outputs/output-errors.ts'
import { makeManifest } from './outputs/output-manifest.ts'
import { OutputReference } from './outputs/output-reference.ts'
import { listDirectory, PhaseDirectory } from './outputs/phase-directory.ts'
import { splitOutput } from './outputs/split-output.ts'
import { load, type OpenOutput, type OutputFiles, type StoredOutput } from './outputs/stored-output.ts'
import type { PhaseReference } from './phase-reference.ts'

/** Options of {@link DataFlowManager}. */
export interface DataFlowManagerOptions {
  /** Outputs on disk are in `<directory>/<workflow id>/outputs/<phase>/`. */
  readonly directory: string
  /** An output of fewer bytes stays in memory; bytes are those of its serialized form. @default 1048576 (1 MB) */
  readonly memoryLimitBytes?: number
  /** Bytes of all outputs in memory; beyond them, those used the longest ago move to the disk. @default 67108864 (64 MB) */
  readonly memoryBudgetBytes?: number
}

/** Which output. */
export interface OutputPlace {
  readonly workflowId: string
  readonly phaseName: string
}

const checks: Checks<DataFlowManagerOptions> = {
  directory: text,
  memoryLimitBytes: integerFrom(0),
  memoryBudgetBytes: integerFrom(0),
}

const DEFAULTS = { memoryLimitBytes: 1024 * 1024, memoryBudgetBytes: 64 * 1024 * 1024 } as const

/**
 * Stores the outputs of phases and hands them out again, deeply equal to what they were (instances of classes become
 * plain objects of their fields), and untouched by what becomes of the original.
 *
 * An output is a value that a structured clone can hold, or a stream of rows (a Readable, an async iterable, a generator).
 * On disk, rows that are flat and alike are Parquet, also those in arrays at the top level of an object; all else is
 * serialized, with checksums. An output on disk is seen whole or not at all, survives a crash, and is found by any
 * manager of the same directory.
 *
 * Calls for one phase run one after the other. Memory: `memoryBudgetBytes`, and for each call under way what
 * `memoryLimitBytes` allows, or a row group of Parquet; a value without rows is serialized at once.
 *
 * @example
 * const manager = new DataFlowManager({ directory: 'results' })
 * await manager.storePhaseOutput('search', 'signals', { signals: rows, metadata })
 * const { signals } = await manager.getPhaseOutput('search', 'signals')
 */
export class DataFlowManager {
  readonly #options: Required<DataFlowManagerOptions>
  readonly #memory = new MemoryTier()
  readonly #lock = new KeyedLock()

  /** @throws {SpillwayError} `ERR_SPILLWAY_OPTION` */
  constructor(given: DataFlowManagerOptions) {
    const options = resolveOptions<DataFlowManagerOptions, typeof DEFAULTS>('DataFlowManager', given, checks, DEFAULTS)
    expectValue('directory', options.directory, text)
    this.#options = options
  }

  /**
   * Stores the output of a phase in the place of the one before. If that fails, the one before stays.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_OUTPUT`, naming the field that cannot be stored, or when a stream of rows fails;
   *   `ERR_SPILLWAY_NAME`; `ERR_SPILLWAY_IO`
   */
  async storePhaseOutput(workflowId: string, phaseName: string, output: unknown): Promise<PhaseReference> {
    const place = { workflowId, phaseName }
    const reference = await this.#exclusively(place, async (directory) => {
      const files = new NewFiles(directory.path)
      try {
        const drafted = await draftOutput(splitOutput(output), {
          phase: phaseName,
          memoryLimitBytes: this.#options.memoryLimitBytes,
          openFiles: async () => {
            await directory.make()
            return files
          },
        })
        return drafted.kind === 'held'
          ? await this.#hold(place, directory, drafted.held)
          : await this.#publish(place, directory, makeId(), drafted.files)
      } catch (error) {
        await directory.discard(files)
        throw error
      }
    })
    await this.#shrink()
    return reference
  }

  /**
   * Loads the output of a phase.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_OUTPUT` when there is none, or it is damaged; `ERR_SPILLWAY_IO`
   */
  async getPhaseOutput(workflowId: string, phaseName: string): Promise<unknown> {
    const place = { workflowId, phaseName }
    const { tables, opened } = await this.#exclusively(place, async (directory) => {
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
    return this.#exclusively(place, async (directory) => this.#referTo(place, await this.#find(place, directory)))
  }

  /**
   * Copies the output of one phase to another, as bytes.
   *
   * @throws {SpillwayError} as {@link getPhaseOutput} and {@link storePhaseOutput} do
   */
  async transferData(from: OutputPlace, to: OutputPlace): Promise<PhaseReference> {
    const opened = await this.#exclusively(from, async (directory) => (await this.#find(from, directory)).open())
    try {
      const reference = await this.#exclusively(to, (directory) => this.#copy(opened, to, directory))
      await this.#shrink()
      return reference
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
    const outputs = this.#outputsPath(workflowId)
    const phases = new Set([...this.#memory.phasesOf(workflowId), ...(await this.#filedPhases(workflowId))])
    for (const phaseName of phases) {
      await this.#exclusively({ workflowId, phaseName }, async (directory) => {
        this.#memory.delete(workflowId, phaseName)
        await directory.clear()
      })
    }
    // Not empty if there is anything else in them.
    await rmdir(outputs).catch(() => {})
    await rmdir(join(outputs, '..')).catch(() => {})
  }

  /** @throws {SpillwayError} `ERR_SPILLWAY_NAME` */
  #exclusively<Value>(
    { workflowId, phaseName }: OutputPlace,
    work: (directory: PhaseDirectory) => Promise<Value>,
  ): Promise<Value> {
    const path = join(this.#outputsPath(workflowId), encodeName(phaseName, 'phase'))
    return this.#lock.run(path, () => work(new PhaseDirectory(path)))
  }

  #outputsPath(workflowId: string): string {
    return join(this.#options.directory, encodeName(workflowId, 'workflow id'), 'outputs')
  }

  async #find({ workflowId, phaseName }: OutputPlace, directory: PhaseDirectory): Promise<StoredOutput> {
    const held = this.#memory.get(workflowId, phaseName)
    if (held !== undefined) return held
    const manifest = await directory.read()
    if (manifest !== undefined) return new FiledOutput(directory.path, manifest)
    const stored = new Set([...this.#memory.phasesOf(workflowId), ...(await this.#filedPhases(workflowId))])
    throw missingOutput(workflowId, phaseName, [...stored].sort())
  }

  /** The phases of a workflow that have an output on disk. */
  async #filedPhases(workflowId: string): Promise<string[]> {
    return (await listDirectory(this.#outputsPath(workflowId))).flatMap((name) => decodeName(name) ?? [])
  }

  async #hold(place: OutputPlace, directory: PhaseDirectory, held: HeldOutput): Promise<PhaseReference> {
    const output = new MemoryOutput(makeId(), held)
    await directory.clear()
    this.#memory.set(place.workflowId, place.phaseName, output)
    return this.#referTo(place, output)
  }

  /** Makes files the output of a phase. */
  async #publish(
    { workflowId, phaseName }: OutputPlace,
    directory: PhaseDirectory,
    id: string,
    files: OutputFiles,
  ): Promise<PhaseReference> {
    const manifest = makeManifest({ id, workflowId, phase: phaseName }, files)
    await directory.publish(manifest)
    this.#memory.delete(workflowId, phaseName)
    await directory.sweep(manifest)
    return this.#referTo({ workflowId, phaseName }, new FiledOutput(directory.path, manifest))
  }

  async #copy(opened: OpenOutput, to: OutputPlace, directory: PhaseDirectory): Promise<PhaseReference> {
    if (opened instanceof MemoryOutput) return this.#hold(to, directory, opened.held)
    const files = new NewFiles(directory.path)
    try {
      await directory.make()
      return await this.#publish(to, directory, makeId(), await opened.copy(files))
    } catch (error) {
      await directory.discard(files)
      throw error
    }
  }

  /** Moves outputs to the disk until those in memory are within their budget. */
  async #shrink(): Promise<void> {
    await this.#lock.run('', async () => {
      for (let oldest = this.#memory.oldest; oldest !== undefined; oldest = this.#memory.oldest) {
        if (this.#memory.bytes <= this.#options.memoryBudgetBytes) return
        const { workflowId, phase } = oldest
        await this.#spill({ workflowId, phaseName: phase })
      }
    })
  }

  async #spill(place: OutputPlace): Promise<void> {
    await this.#exclusively(place, async (directory) => {
      const output = this.#memory.get(place.workflowId, place.phaseName)
      // It was replaced or cleaned up while this waited.
      if (output === undefined) return
      const files = new NewFiles(directory.path)
      try {
        await directory.make()
        await this.#publish(place, directory, output.id, await output.copy(files))
      } catch (error) {
        await directory.discard(files)
        throw error
      }
    })
  }

  #referTo(place: OutputPlace, output: StoredOutput): PhaseReference {
    const { workflowId, phaseName } = place
    return new OutputReference(workflowId, phaseName, output, (table) =>
      this.#exclusively(place, async (directory) => {
        const held = this.#memory.get(workflowId, phaseName)
        const manifest = held === undefined ? await directory.read() : undefined
        const current = held ?? (manifest && new FiledOutput(directory.path, manifest))
        if (current?.id !== output.id) throw replacedOutput(workflowId, phaseName)
        return current.open(table)
      }),
    )
  }
}

function makeId(): string {
  return randomBytes(8).toString('hex')
}
