/**
 * Runs the containers of one phase into its stream graph: up to `concurrency` of them at once, pulled one by one from
 * the topology's lazy list.
 */
import { CheckpointSchedule } from './checkpoint-schedule.ts'
import { ContainerIds } from './container-ids.ts'
import { DirectIntake, SpooledIntake, type ContainerIntake, type ResultCallback } from './container-intake.ts'
import { ContainerProgress } from './container-progress.ts'
import { ContainerRun, type Container } from './container-run.ts'
import { containerEnded, containerStarted } from '../core/diagnostics.ts'
import { messageOf, SpillwayError } from '../core/errors.ts'
import { EventLoopTurns } from '../core/event-loop-turns.ts'
import { IndexRanges } from '../core/index-ranges.ts'
import { Interruptible } from '../core/interruptible.ts'
import { KeyedLock } from '../core/keyed-lock.ts'
import { closeIterator } from '../core/close-iterator.ts'
import { describeValue } from '../core/options.ts'
import { isRecord, type ResolvedFieldNames, type ResultRecord } from '../core/record.ts'
import { PhaseFeed } from './phase-feed.ts'
import type { CommitProgress, Watermark } from './commit-progress.ts'
import type { PhaseCommits, PhaseOutlet } from './run-context.ts'
import type { ContainerSpec, Topology, TopologyContext } from '../workflow/topology.ts'
import type { ResolvedWorkflow } from '../workflow/types.ts'

/** What a phase runs with. */
interface PhaseRunOptions {
  readonly topology: Topology
  /** The context of the phase, but for the signal. */
  readonly ctx: TopologyContext
  /** The stream graph. */
  readonly outlet: Pick<PhaseOutlet, 'sink' | 'commits'>
  readonly settings: RunSettings
  readonly fields: ResolvedFieldNames
  readonly resultCallback: ResultCallback | undefined
}

/** What a workflow says of how its containers are run. */
type RunSettings = Pick<
  ResolvedWorkflow,
  'concurrency' | 'container_timeout_ms' | 'commit' | 'checkpoint_records' | 'checkpoint_ms'
>

/** The containers of one phase while they run. */
export class PhaseRun {
  readonly #options: PhaseRunOptions
  readonly #feed: PhaseFeed
  readonly #checkpoints: CheckpointSchedule | undefined
  /** Containers that have begun and are not done. */
  readonly #unfinished = new Map<number, ContainerProgress>()
  /** How far containers came that an earlier run did not finish, by index. */
  readonly #earlier: ReadonlyMap<number, Watermark>
  /** What enters the files as a whole must not mix. */
  readonly #entry = new KeyedLock()
  readonly #stop = new AbortController()
  readonly #ctx: TopologyContext
  readonly #turns = new EventLoopTurns()
  readonly #ids = new ContainerIds()
  readonly #done: IndexRanges

  constructor(options: PhaseRunOptions) {
    const { commits, sink } = options.outlet
    this.#options = options
    this.#feed = new PhaseFeed(sink)
    this.#done = IndexRanges.from(commits?.earlier?.done ?? [])
    this.#earlier = new Map(commits?.earlier?.watermarks.map((watermark) => [watermark.index, watermark]))
    this.#checkpoints =
      commits &&
      new CheckpointSchedule({
        everyRecords: options.settings.checkpoint_records,
        everyMs: options.settings.checkpoint_ms,
        make: (mayWait) => this.#commit(commits, mayWait),
        onFailure: (error) => {
          this.#stop.abort(error)
        },
      })
    // One failed container stops the others.
    this.#ctx = { ...options.ctx, signal: AbortSignal.any([options.ctx.signal, this.#stop.signal]) }
  }

  /** The containers that have ended well, by index. */
  get done(): IndexRanges {
    return this.#done
  }

  /** Records accepted. */
  get records(): number {
    return this.#feed.records
  }

  /**
   * Runs all containers, and completes the phase's files whatever happens: what was accepted is in them.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_CONTAINER`, `ERR_SPILLWAY_TOPOLOGY`; the reason of the signal; what failed the
   *   stream graph. The first failure stops all containers.
   */
  async run(): Promise<void> {
    const { settings, outlet } = this.#options
    const containers = this.#containers()
    const workers = Array.from({ length: settings.concurrency }, () => this.#work(containers))
    await Promise.allSettled(workers)
    closeIterator(containers)
    await this.#checkpoints?.stop()
    // Failures of the stream graph come first: all others follow from them.
    await this.#feed.end()
    await outlet.commits?.commit(this.#progress)
    this.#stop.signal.throwIfAborted()
  }

  /** The containers as they are now, with all that was fed. */
  get #progress(): CommitProgress {
    const begun = new Set(this.#unfinished.keys())
    const waiting = [...this.#earlier.values()].filter(({ index }) => !begun.has(index) && !this.#done.has(index))
    const running = [...this.#unfinished.values()].map(({ watermark }) => watermark)
    return { done: this.#done.toJSON(), watermarks: [...waiting, ...running.filter((each) => each !== undefined)] }
  }

  /** Commits what was fed so far. */
  #commit(commits: PhaseCommits, mayWait: boolean): Promise<boolean> {
    const marker = commits.makeMarker(mayWait)
    this.#feed.mark(marker)
    return commits.commit(this.#progress, marker)
  }

  /** Runs container after container, until there is none left. */
  async #work(containers: AsyncIterator<Container>): Promise<void> {
    try {
      for (;;) {
        const next = await containers.next()
        if (next.done === true) break
        await this.#runContainer(next.value)
        if (this.#turns.due) await this.#turns.take()
      }
    } catch (error) {
      this.#stop.abort(error)
      throw error
    }
  }

  async #runContainer(container: Container): Promise<void> {
    const { workflowId, phase } = this.#ctx
    const { index, spec } = container
    const about = { workflowId, phase, container: spec.id, index }
    const { topology, settings } = this.#options
    const progress = new ContainerProgress(phase, container, this.#earlier.get(index))
    const resumeFrom = topology.resumable === true ? progress.records : 0
    const intake = this.#makeIntake(progress)
    const run = new ContainerRun({
      container,
      ctx: { ...this.#ctx, resumeFrom },
      take: (records, firstSeq) => intake.take(records, firstSeq),
      turns: this.#turns,
      timeoutMs: settings.container_timeout_ms,
    })
    this.#unfinished.set(index, progress)
    containerStarted.publish(about)
    try {
      await run.run(topology)
      progress.end(run.records)
      await intake.end(() => {
        this.#unfinished.delete(index)
        this.#done.add(index)
      })
    } catch (error) {
      await intake.abandon()
      containerEnded.publish({ ...about, records: run.records, error })
      throw error
    }
    containerEnded.publish({ ...about, records: run.records, error: undefined })
  }

  /** The way of a container's records into the stream graph. */
  #makeIntake(progress: ContainerProgress): ContainerIntake {
    const { settings, outlet, fields, resultCallback, ctx } = this.#options
    const direct = new DirectIntake({
      progress,
      feed: this.#feed,
      checkpoints: this.#checkpoints,
      commits: outlet.commits,
      complete: (record) => completeRecord(record, fields, ctx.phase, progress.id),
      resultCallback,
    })
    if (settings.commit === 'records' || outlet.commits === undefined) return direct
    const enter = async (work: () => Promise<void>) => {
      await this.#entry.run('', async () => {
        this.#checkpoints?.hold()
        try {
          await work()
        } finally {
          this.#checkpoints?.release()
        }
      })
    }
    return new SpooledIntake(direct, outlet.commits.spoolDirectory, enter)
  }

  /** The containers as the topology lists them, one by one, checked. */
  async *#containers(): AsyncGenerator<Container, void, undefined> {
    using interruptible = new Interruptible(this.#ctx.signal)
    const list = await this.#ofTopology(() => interruptible.wait(this.#listOf(this.#options.topology)))
    try {
      for (let index = 0; ; index++) {
        const item = await this.#ofTopology(() => interruptible.wait(Promise.resolve(list.next())))
        if (item.done === true) return
        const spec = await this.#checked(item.value, index)
        if (!this.#done.has(index)) yield { index, spec }
        else if (this.#turns.due) await this.#turns.take()
      }
    } finally {
      closeIterator(list)
    }
  }

  async #listOf(topology: Topology): Promise<Iterator<unknown> | AsyncIterator<unknown>> {
    const list: unknown = await topology.containers(this.#ctx)
    if (typeof list === 'object' && list !== null) {
      if (Symbol.asyncIterator in list) return (list as AsyncIterable<unknown>)[Symbol.asyncIterator]()
      if (Symbol.iterator in list) return (list as Iterable<unknown>)[Symbol.iterator]()
    }
    throw new TypeError(`it returned ${describeValue(list)} in place of a list of containers`)
  }

  async #checked(spec: unknown, index: number): Promise<ContainerSpec> {
    const id = typeof spec === 'object' && spec !== null ? (spec as { id?: unknown }).id : undefined
    if (typeof id !== 'string' || id === '') {
      const got = id === undefined ? describeValue(spec) : `an id that is ${describeValue(id)}`
      throw this.#failure(`container ${index} must be an object with an \`id\`, a non-empty string; got ${got}`)
    }
    if (!this.#ids.add(id)) {
      const earlier = await this.#indexOf(id, index)
      if (earlier !== undefined) {
        throw this.#failure(`containers ${earlier} and ${index} have the same id ${JSON.stringify(id)}`)
      }
    }
    return spec as ContainerSpec
  }

  /** Looks an id up in the list itself, as two ids may share a hash. */
  async #indexOf(id: string, end: number): Promise<number | undefined> {
    const list = await this.#listOf(this.#options.topology)
    try {
      for (let index = 0; index < end; index++) {
        const item = await list.next()
        if (item.done === true) break
        if ((item.value as ContainerSpec).id === id) return index
      }
      return undefined
    } finally {
      closeIterator(list)
    }
  }

  async #ofTopology<Value>(work: () => Promise<Value>): Promise<Value> {
    try {
      return await work()
    } catch (cause) {
      this.#ctx.signal.throwIfAborted()
      throw this.#failure(messageOf(cause), cause)
    }
  }

  #failure(reason: string, cause?: unknown): SpillwayError {
    const { phase } = this.#ctx
    return new SpillwayError(
      'ERR_SPILLWAY_TOPOLOGY',
      `The list of containers of phase ${JSON.stringify(phase)} cannot be used: ${reason}.`,
      { place: { phase }, ...(cause !== undefined && { cause }) },
    )
  }
}

/** The record with the fields it lacks; the record itself where there is nothing to add, or it is no plain object. */
function completeRecord(record: ResultRecord, fields: ResolvedFieldNames, phase: string, id: string): ResultRecord {
  if (!isRecord(record)) return record
  const hasPhase = (record[fields.phase] ?? null) !== null
  const hasContainer = (record[fields.container] ?? null) !== null
  if (hasPhase && hasContainer) return record
  const prototype: unknown = Object.getPrototypeOf(record)
  if (prototype !== Object.prototype && prototype !== null) return record
  const complete: Record<string, unknown> = { [fields.phase]: phase, [fields.container]: id, ...record }
  if (!hasPhase) complete[fields.phase] = phase
  if (!hasContainer) complete[fields.container] = id
  return complete
}
