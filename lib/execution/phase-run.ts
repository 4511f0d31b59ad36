/**
 * Runs the containers of one phase into its stream graph: up to `concurrency` of them at once.
 */
import { allowListeners, Interruptible } from '../core/interruptible.ts'
import { closeIterator } from '../core/close-iterator.ts'
import { quantityText, SpillwayError } from '../core/errors.ts'
import { containerEnded, containerStarted } from '../core/diagnostics.ts'
import { EventLoopTurns } from './event-loop-turns.ts'
import { IndexRanges } from '../core/index-ranges.ts'
import { KeyedLock } from '../core/keyed-lock.ts'
import type { ResolvedFieldNames } from '../core/record.ts'
import type { PhaseInput } from '../streaming/phase-chain.ts'
import { phaseInput } from '../streaming/phase-inlet.ts'
import type { Topology, TopologyContext } from '../workflow/topology.ts'
import type { ResolvedWorkflow } from '../workflow/types.ts'
import { CheckpointSchedule } from './checkpoint-schedule.ts'
import type { CommitProgress, Watermark } from './commit-progress.ts'
import { completeRecord } from './complete-record.ts'
import { DirectIntake, SpooledIntake, type ContainerIntake, type ResultCallback } from './container-intake.ts'
import { ContainerList } from './container-list.ts'
import { ContainerProgress } from './container-progress.ts'
import { KnownContainers, type KnownContainer } from './known-containers.ts'
import { ContainerRun, type Container } from './container-run.ts'
import type { PhaseOutlet, UnlistedContainers } from './run-context.ts'

/** The most unlisted containers that are named. */
const MAX_NAMED = 10

/** Without commits no container is known. */
const NO_KNOWN = { count: 0, ids: (async function* (): AsyncGenerator<string> {})() }

/** What a phase runs with. */
interface PhaseRunOptions {
  readonly topology: Topology
  /** The context of the phase. Its signal is joined with one that stops the other containers when one has failed. */
  readonly ctx: TopologyContext
  /** The directory of the run; null for a run without one. */
  readonly path: string | null
  /** The stream graph. */
  readonly outlet: Pick<PhaseOutlet, 'sink' | 'commits'>
  readonly settings: RunSettings
  readonly fields: ResolvedFieldNames
  readonly resultCallback: ResultCallback | undefined
}

/** The settings of a workflow that say how its containers are run. */
type RunSettings = Pick<
  ResolvedWorkflow,
  'concurrency' | 'container_timeout_ms' | 'commit' | 'checkpoint_records' | 'checkpoint_ms'
>

/** The containers of one phase while they run. */
export class PhaseRun {
  readonly #options: PhaseRunOptions
  readonly #input: PhaseInput
  readonly #checkpoints: CheckpointSchedule | undefined
  /** Containers that have begun and are not done. */
  readonly #unfinished = new Map<number, ContainerProgress>()
  /** Watermarks of containers that an earlier run did not finish, by index. */
  readonly #earlier: ReadonlyMap<number, Watermark>
  /** Held while the records of a spooled container enter the files: they must not mix with those of another one. */
  readonly #entry = new KeyedLock()
  readonly #stop = new AbortController()
  readonly #ctx: TopologyContext
  readonly #turns = new EventLoopTurns()
  readonly #done: IndexRanges
  #unlisted = 0
  readonly #unlistedIds: string[] = []

  constructor(options: PhaseRunOptions) {
    const { commits, sink } = options.outlet
    const { checkpoint_records, checkpoint_ms } = options.settings
    this.#options = options
    this.#input = phaseInput(options.ctx.phase, sink)
    this.#done = IndexRanges.from(commits?.earlier?.done ?? [])
    this.#earlier = new Map(commits?.earlier?.watermarks.map((watermark) => [watermark.index, watermark]))
    this.#checkpoints =
      commits &&
      new CheckpointSchedule({
        everyRecords: checkpoint_records,
        everyMs: checkpoint_ms,
        make: () => commits.checkpoint(this.#progress),
        onFailure: (error) => {
          this.#stop.abort(error)
        },
      })
    // One failed container stops the others.
    this.#ctx = { ...options.ctx, signal: allowListeners(AbortSignal.any([options.ctx.signal, this.#stop.signal])) }
  }

  /** The containers that have ended well, by index. */
  get done(): IndexRanges {
    return this.#done
  }

  /** The ids of containers that have begun and are not done, the first to begin first. */
  get unfinished(): string[] {
    return [...this.#unfinished.values()].map(({ id }) => id)
  }

  /** Records accepted. */
  get records(): number {
    return this.#input.records
  }

  /**
   * Runs all containers. Then completes the phase's files, also after a failure: they hold what was accepted.
   *
   * @throws {SpillwayError} `ERR_SPILLWAY_CONTAINER`, `ERR_SPILLWAY_TOPOLOGY`; the reason of the signal; what failed the
   *   stream graph. The first failure stops all containers.
   */
  async run(): Promise<void> {
    const { settings, outlet, topology } = this.#options
    const { count, ids } = outlet.commits?.knownContainers() ?? NO_KNOWN
    const list = new ContainerList({
      topology,
      ctx: this.#ctx,
      done: this.#done,
      known: new KnownContainers(this.#ctx.phase, count, ids),
      onNew: (id) => outlet.commits?.noteContainer(id),
      onUnlisted: (container) => {
        this.#noteUnlisted(container)
      },
      turns: this.#turns,
    })
    const containers = list.remaining()
    const workers = Array.from({ length: settings.concurrency }, () => this.#work(containers))
    await Promise.allSettled(workers)
    closeIterator(containers)
    await this.#checkpoints?.stop()
    // Failures of the stream graph come first: all others follow from them.
    await this.#input.end()
    await outlet.commits?.complete(this.#progress)
    this.#stop.signal.throwIfAborted()
  }

  /** Containers that are done and not listed any more. */
  get unlisted(): UnlistedContainers {
    return { count: this.#unlisted, ids: this.#unlistedIds }
  }

  #noteUnlisted({ index, id }: KnownContainer): void {
    if (this.#done.has(index)) {
      this.#unlisted += 1
      if (this.#unlistedIds.length < MAX_NAMED) this.#unlistedIds.push(id)
    } else if (this.#earlier.has(index)) {
      const { phase } = this.#ctx
      throw new SpillwayError(
        'ERR_SPILLWAY_NONDETERMINISTIC',
        `Container ${JSON.stringify(id)} of phase ${JSON.stringify(phase)} is not listed any more, but it did not end, and the files have ${quantityText(this.#earlier.get(index)?.records ?? 0, 'record')} of it. List it again, or run the phase again with --accept-changes ${phase}.`,
        { place: { phase, container: id } },
      )
    }
  }

  /** The containers as they are now, with all records that have entered the stream graph. */
  get #progress(): CommitProgress {
    const begun = new Set(this.#unfinished.keys())
    const waiting = [...this.#earlier.values()].filter(({ index }) => !begun.has(index) && !this.#done.has(index))
    const running = [...this.#unfinished.values()].map(({ watermark }) => watermark)
    return { done: this.#done.toJSON(), watermarks: [...waiting, ...running.filter((each) => each !== undefined)] }
  }

  /** Runs container after container, until none is left. */
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
    const { topology, settings, path } = this.#options
    const about = { workflowId, path, phase, container: spec.id, index }
    const progress = new ContainerProgress(phase, container, this.#earlier.get(index))
    const resumeFrom = topology.resumable === true ? progress.records : 0
    using interruptible = new Interruptible(this.#ctx.signal)
    const intake = this.#makeIntake(progress, interruptible)
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
    containerEnded.publish({ ...about, records: run.records, error: null })
  }

  /** The way of a container's records into the stream graph. */
  #makeIntake(progress: ContainerProgress, interruptible: Interruptible): ContainerIntake {
    const { settings, outlet, fields, resultCallback, ctx } = this.#options
    const direct = new DirectIntake({
      progress,
      input: this.#input,
      checkpoints: this.#checkpoints,
      commits: outlet.commits,
      complete: (record) => completeRecord(record, fields, ctx.phase, progress.id),
      resultCallback,
      interruptible,
    })
    if (settings.commit === 'records' || outlet.commits === undefined) return direct
    return new SpooledIntake(direct, outlet.commits.spoolDirectory, (work) => this.#enterWhole(work))
  }

  /** Runs what must neither mix with its like nor be cut in two by a checkpoint. */
  async #enterWhole(work: () => Promise<void>): Promise<void> {
    await this.#entry.run('', async () => {
      this.#checkpoints?.hold()
      try {
        await work()
      } finally {
        this.#checkpoints?.release()
      }
    })
  }
}
