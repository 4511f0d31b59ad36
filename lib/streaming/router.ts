/**
 * Sends each record to the stream graph of its phase, and makes that graph when the phase first appears.
 */
import type { Aggregates } from '../../transforms/aggregate/aggregates.ts'
import { summarizeWorkflow } from '../../transforms/aggregate/summaries.ts'
import type { PhaseSummary } from '../../transforms/aggregate/summary-types.ts'
import { messageOf, quantityText, SpillwayError } from '../core/errors.ts'
import { NameRegistry } from '../core/names.ts'
import { describeValue } from '../core/options.ts'
import { DEFAULT_PHASE, isRecord, NOT_A_RECORD, type ResultRecord } from '../core/record.ts'
import type { PhaseChain } from './phase-chain.ts'
import type { EarlierPhase, EarlierPhases } from './checkpoint.ts'
import { PhaseGraph, type PhaseHooks } from './phase-graph.ts'
import type { ResolvedResultStreamerOptions } from './options.ts'
import type { ResultsDirectory } from './results-directory.ts'
import type { StreamerCounts } from './stats.ts'

/** All phases of one streamer. */
export class PhaseRouter {
  readonly #options: ResolvedResultStreamerOptions
  readonly #directory: ResultsDirectory
  readonly #hooks: PhaseHooks
  readonly #graphs = new Map<string, PhaseGraph>()
  readonly #names = new NameRegistry('phase')
  #earlier: EarlierPhases = new Map()
  #openRowsPath: ((phase: string) => string) | undefined
  #rejected = 0

  /** @param hooks - those of every phase; `onReject` also receives the records that belong to no phase */
  constructor(options: ResolvedResultStreamerOptions, directory: ResultsDirectory, hooks: PhaseHooks) {
    this.#options = options
    this.#directory = directory
    this.#hooks = hooks
  }

  /**
   * Makes the graphs those of a run. Call it before the first record.
   *
   * @param earlier - what its files hold already
   * @param openRowsPath - the directory for the records of a phase whose row group is too small to be written
   */
  joinRun(earlier: EarlierPhases, openRowsPath: (phase: string) => string): void {
    this.#earlier = earlier
    this.#openRowsPath = openRowsPath
  }

  /** The phases so far, in the order they appeared. */
  get graphs(): ReadonlyMap<string, PhaseGraph> {
    return this.#graphs
  }

  /** The graph of a phase that was opened. */
  graph(phase: string): PhaseGraph {
    const graph = this.#graphs.get(phase)
    if (graph === undefined) throw new TypeError(`phase ${phase} was not opened`)
    return graph
  }

  /** The aggregates of all phases, as states to be merged. Phases that an earlier run has completed are included. */
  get states(): Aggregates[] {
    const complete = this.#complete.map(([, { state }]) => state)
    return [...complete, ...[...this.#graphs.values()].flatMap(({ states }) => states)]
  }

  /** The aggregates of one phase so far; undefined for a phase without any. */
  summaryOf(phase: string): PhaseSummary | undefined {
    const states = this.#graphs.get(phase)?.states
    if (states === undefined) return this.#earlier.get(phase)?.state.phaseSummary(phase)
    return summarizeWorkflow(states).phases[phase] ?? states[0].phaseSummary(phase)
  }

  /** The counts of all phases. Phases that an earlier run has completed are included. */
  get counts(): ReadonlyMap<string, StreamerCounts> {
    return new Map([...this.#complete, ...this.#graphs].map(([name, { counts }]) => [name, counts]))
  }

  /** Records that were rejected before they had a phase. */
  get rejected(): number {
    return this.#rejected
  }

  /**
   * The phase a record names.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_NAME` when it is neither text, a number nor a boolean
   */
  phaseOf(record: ResultRecord): string {
    const name = record[this.#options.fields.phase]
    switch (typeof name) {
      case 'string':
        return name
      case 'number':
      case 'bigint':
      case 'boolean':
        return String(name)
      case 'undefined':
        return DEFAULT_PHASE
      default:
        if (name === null) return DEFAULT_PHASE
        throw new SpillwayError('ERR_SPILLWAY_NAME', `A phase must be text, got ${describeValue(name)}`)
    }
  }

  /** The phase that {@link phaseOf} finds, or the default one. */
  nameOf(record: ResultRecord): string {
    try {
      return this.phaseOf(record)
    } catch {
      return DEFAULT_PHASE
    }
  }

  /**
   * The graph of a phase, made when asked for the first time.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_NAME`; `ERR_SPILLWAY_OPTION` when `maxPhases` are open
   */
  openGraph(phase: string): PhaseGraph {
    const known = this.#graphs.get(phase)
    if (known !== undefined) return known
    const { maxPhases } = this.#options
    if (this.#graphs.size >= maxPhases) {
      throw new SpillwayError(
        'ERR_SPILLWAY_OPTION',
        `No more than ${quantityText(maxPhases, 'phase')} can be written. Raise \`maxPhases\`.`,
      )
    }
    const directory = this.#directory.phasePath(this.#names.claim(phase))
    const places = { parts: directory, openRows: this.#openRowsPath?.(phase) }
    const graph = new PhaseGraph(phase, places, this.#options, this.#hooks, this.#earlier.get(phase))
    this.#graphs.set(phase, graph)
    return graph
  }

  /** Takes a record or a batch. A promise it returns must be awaited before the next. */
  accept(chunk: unknown): Promise<void> | undefined {
    if (!Array.isArray(chunk)) return this.#acceptRecord(chunk)
    const chain = this.#commonChainOf(chunk)
    if (chain !== undefined) return chain.accept(chunk)
    return this.#acceptMixed(chunk)
  }

  /** Ends all phases and waits for each; rejects with the first failure once all are done. */
  async end(): Promise<void> {
    const ends = await Promise.allSettled([...this.#graphs.values()].map(({ chain }) => chain.end()))
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  }

  /** The phases that an earlier run has completed. */
  get #complete(): [string, EarlierPhase][] {
    return [...this.#earlier].filter(([name]) => !this.#graphs.has(name))
  }

  #acceptRecord(record: unknown): Promise<void> | undefined {
    const chain = this.#chainOf(record)
    return typeof chain === 'string' ? this.#reject(record, chain) : chain.accept(record)
  }

  /** Groups records by phase, so that each phase gets one batch. */
  #acceptMixed(records: readonly unknown[]): Promise<void> | undefined {
    const batches = new Map<PhaseChain, unknown[]>()
    const waits: (Promise<void> | undefined)[] = []
    for (const record of records) {
      const chain = this.#chainOf(record)
      if (typeof chain === 'string') waits.push(this.#reject(record, chain))
      else {
        const batch = batches.get(chain)
        if (batch === undefined) batches.set(chain, [record])
        else batch.push(record)
      }
    }
    for (const [chain, batch] of batches) waits.push(chain.accept(batch))
    const pending = waits.filter((wait) => wait !== undefined)
    return pending.length === 0 ? undefined : Promise.all(pending).then(() => {})
  }

  /** The chain of a record's phase, or why the record is rejected. */
  #chainOf(record: unknown): PhaseChain | string {
    if (!isRecord(record)) return NOT_A_RECORD
    try {
      const phase = this.phaseOf(record)
      const { chain } = this.openGraph(phase)
      return chain.ended ? `the phase ${JSON.stringify(phase)} has ended` : chain
    } catch (error) {
      return messageOf(error)
    }
  }

  /** The chain that takes a batch as it is, with its notes: when all its records belong to one open phase. */
  #commonChainOf(batch: readonly unknown[]): PhaseChain | undefined {
    const name = this.#commonNameOf(batch)
    if (name === undefined) return undefined
    const chain = this.#graphs.get(name)?.chain
    return chain?.ended === false ? chain : undefined
  }

  #commonNameOf(batch: readonly unknown[]): string | undefined {
    const field = this.#options.fields.phase
    try {
      const [first] = batch
      const name = isRecord(first) ? (first[field] ?? DEFAULT_PHASE) : undefined
      if (typeof name !== 'string') return undefined
      return batch.every((record) => isRecord(record) && (record[field] ?? DEFAULT_PHASE) === name) ? name : undefined
    } catch {
      // Reading a record failed: each is then routed by itself, and that one rejected.
      return undefined
    }
  }

  async #reject(record: unknown, reason: string): Promise<void> {
    this.#rejected += 1
    await this.#hooks.onReject({ stage: 'route', reason, record })
  }
}
