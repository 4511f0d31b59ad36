/**
 * Stores the outputs of phases, small ones in memory and large ones on disk. Later phases load them, or stream their
 * rows.
 */
import { Stream } from 'node:stream'
import {
  anyText,
  expectValue,
  flag,
  integerFrom,
  listOfTexts,
  resolveOptions,
  text,
  type Checks,
} from './core/options.ts'
import { draftOutput } from './outputs/draft-output.ts'
import { MemoryOutput } from './outputs/memory-output.ts'
import { NewFiles } from './outputs/new-files.ts'
import { OutputTiers } from './outputs/output-tiers.ts'
import { PhaseDirectories, type OutputPlace } from './outputs/phase-directories.ts'
import type { PhaseDirectory } from './outputs/phase-directory.ts'
import { closeStream } from './outputs/row-batches.ts'
import { splitOutput } from './outputs/split-output.ts'
import { load } from './outputs/stored-output.ts'
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

const placeChecks: Checks<OutputPlace> = { workflowId: anyText, phaseName: anyText }

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
  readonly #directories: PhaseDirectories
  readonly #tiers: OutputTiers

  /** @throws {SpillwayError} `ERR_SPILLWAY_OPTION` for an unknown option or an invalid value */
  constructor(given: DataFlowManagerOptions) {
    const options = resolveOptions<DataFlowManagerOptions, typeof DEFAULTS>('DataFlowManager', given, checks, DEFAULTS)
    expectValue('directory', options.directory, text)
    this.#options = options
    this.#directories = new PhaseDirectories(options.directory)
    this.#tiers = new OutputTiers(this.#directories, options)
  }

  /**
   * Stores the output of a phase, and replaces the previous output. If this fails, the previous output stays.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_OUTPUT`, with the field that cannot be stored, or when a stream of rows
   *   fails; `ERR_SPILLWAY_OPTION` for a name that is not a string; `ERR_SPILLWAY_NAME`; `ERR_SPILLWAY_IO`
   */
  async storePhaseOutput(workflowId: string, phaseName: string, output: unknown): Promise<PhaseReference> {
    const place = checkedPlace('storePhaseOutput', { workflowId, phaseName })
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
   * @throws {SpillwayError} `ERR_SPILLWAY_OUTPUT` when no output is stored, or it is damaged; `ERR_SPILLWAY_OPTION` for
   *   a name that is not a string; `ERR_SPILLWAY_NAME`; `ERR_SPILLWAY_IO`
   */
  async getPhaseOutput(workflowId: string, phaseName: string): Promise<unknown> {
    const place = checkedPlace('getPhaseOutput', { workflowId, phaseName })
    const { tables, opened } = await this.#directories.exclusive(place, async (directory) => {
      const output = await this.#tiers.find(place, directory)
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
    expectValue('phaseNames', phaseNames, listOfTexts)
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
    const place = checkedPlace('createReference', { workflowId, phaseName })
    return this.#directories.exclusive(place, async (directory) =>
      this.#tiers.refer(place, await this.#tiers.find(place, directory)),
    )
  }

  /**
   * Copies the stored bytes of one phase's output to another phase, without decoding them.
   *
   * @throws {SpillwayError} as {@link getPhaseOutput} and {@link storePhaseOutput} do
   */
  async transferData(from: OutputPlace, to: OutputPlace): Promise<PhaseReference> {
    checkedPlace('the place `from` in transferData', from)
    checkedPlace('the place `to` in transferData', to)
    const opened = await this.#directories.exclusive(from, async (directory) =>
      (await this.#tiers.find(from, directory)).open(),
    )
    try {
      return await this.#directories.serialize(to, (directory) =>
        opened instanceof MemoryOutput
          ? this.#tiers.storeInMemory(to, opened.held)
          : this.#withNewFiles(to, directory, async (files) => {
              await this.#directories.make(directory)
              return this.#tiers.storeOnDisk(to, await opened.copy(files))
            }),
      )
    } finally {
      await opened.close()
    }
  }

  /**
   * Removes all outputs of a workflow, from memory and from disk. Other files in its directory stay.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_OPTION`, `ERR_SPILLWAY_NAME`, `ERR_SPILLWAY_IO`
   */
  async cleanupWorkflow(workflowId: string): Promise<void> {
    expectValue('workflowId', workflowId, anyText)
    for (const phaseName of await this.#tiers.phasesOf(workflowId)) {
      const place = { workflowId, phaseName }
      await this.#directories.serialize(place, () =>
        this.#directories.exclusive(place, (directory) => this.#tiers.remove(place, directory)),
      )
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
      if (drafted.kind === 'held') return this.#tiers.storeInMemory(place, drafted.held)
      return this.#tiers.storeOnDisk(place, drafted.files)
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
}

/**
 * Checks the names of a place.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION`
 */
function checkedPlace(owner: string, place: OutputPlace): OutputPlace {
  const { workflowId, phaseName } = resolveOptions<OutputPlace, object>(owner, place, placeChecks, {})
  expectValue('workflowId', workflowId, anyText)
  expectValue('phaseName', phaseName, anyText)
  return { workflowId, phaseName }
}
