/**
 * The progress of a run, collected from the diagnostics channels.
 */
import { subscribe, unsubscribe, type Channel, type ChannelListener } from 'node:diagnostics_channel'
import { performance } from 'node:perf_hooks'
import {
  containerEnded,
  containerStarted,
  phaseEnded,
  phaseStarted,
  workflowStarted,
  type ContainerEndedMessage,
  type PhaseEndedMessage,
  type PhaseStartedMessage,
} from '../core/diagnostics.ts'
import { SpillwayError } from '../core/errors.ts'
import type { PhaseStatus } from '../execution/run-context.ts'

/** The progress of a phase. */
export interface PhaseProgress {
  /** Name of the phase. */
  readonly phase: string
  /** How far the phase is, or how it ended. */
  readonly status: PhaseStatus | 'waiting' | 'running'
  /** Containers that are done, also in earlier executions of the run. */
  readonly containers: number
  /** Containers that are running. */
  readonly running: number
  /** Containers that failed with an error of their own. The others, which this stops, do not count. */
  readonly failed: number
  /** Records that this execution made, of the containers that have ended; after the end of the phase, of all. */
  readonly newRecords: number
  /** Records that earlier executions of the run have accepted. */
  readonly earlierRecords: number
  /** Time since its start, or its duration if it has ended, in milliseconds. */
  readonly elapsedMs: number
  /** What failed or stopped it; null for nothing. */
  readonly error: Error | null
}

/** The state of a phase according to the messages of the channels. */
type Trace = { -readonly [Key in Exclude<keyof PhaseProgress, 'phase' | 'elapsedMs'>]: PhaseProgress[Key] } & {
  startedAtMs: number
  endedAtMs: number | undefined
}

/** What the channels say, each a part of it. */
type Message = PhaseStartedMessage & ContainerEndedMessage & PhaseEndedMessage

/**
 * Follows the first run that starts in this process after its construction: the containers of each phase that are done,
 * running or failed, and its records. Dispose of it to stop listening.
 *
 * @example
 * using progress = new RunProgress(['search'], ({ phase, status }) => console.log(phase, status))
 * await coordinator.executeWorkflow(workflow)
 */
export class RunProgress implements Disposable {
  readonly #phases: Map<string, Trace>
  readonly #onChange: (phase: PhaseProgress) => void
  readonly #subscriptions: [string | symbol, ChannelListener][] = []
  #workflowId: string | undefined

  /**
   * Begins to listen.
   *
   * @param phases - the names of the phases, in the order to show them
   * @param onChange - called when a phase has started or ended
   */
  constructor(phases: readonly string[], onChange: (phase: PhaseProgress) => void = () => {}) {
    this.#phases = new Map(phases.map((phase) => [phase, newTrace()]))
    this.#onChange = onChange
    this.#listen(workflowStarted, ({ workflowId }) => (this.#workflowId ??= workflowId))
    this.#listen(phaseStarted, ({ phase, earlierContainers, earlierRecords }, trace) => {
      const startedAtMs = performance.now()
      Object.assign(trace, { status: 'running', containers: earlierContainers, earlierRecords, startedAtMs })
      this.#onChange(progressOf(phase, trace))
    })
    this.#listen(containerStarted, (_, trace) => {
      trace.running += 1
    })
    this.#listen(containerEnded, ({ container, records, error }, trace) => {
      trace.running -= 1
      trace.newRecords += records
      if (error === null) trace.containers += 1
      else if (error instanceof SpillwayError && error.place.container === container) trace.failed += 1
    })
    this.#listen(phaseEnded, ({ phase, status, error, records, newRecords, containers }, trace) => {
      const endedAtMs = performance.now()
      const startedAtMs = trace.status === 'waiting' ? endedAtMs : trace.startedAtMs
      const earlierRecords = records - newRecords
      Object.assign(trace, { status, error, newRecords, earlierRecords, containers, startedAtMs, endedAtMs })
      this.#onChange(progressOf(phase, trace))
    })
  }

  /** The id of the run; undefined until it has started. */
  get workflowId(): string | undefined {
    return this.#workflowId
  }

  /** The phases, in the order given. */
  get phases(): PhaseProgress[] {
    return Array.from(this.#phases, ([phase, trace]) => progressOf(phase, trace))
  }

  /** Stops listening. */
  [Symbol.dispose](): void {
    for (const [name, listener] of this.#subscriptions) unsubscribe(name, listener)
  }

  #listen(channel: Channel, take: (message: Message, trace: Trace) => void): void {
    const listener = (message: unknown) => {
      const about = message as Message
      if (this.#workflowId !== undefined && about.workflowId !== this.#workflowId) return
      take(about, this.#phases.get(about.phase) ?? newTrace())
    }
    subscribe(channel.name, listener)
    this.#subscriptions.push([channel.name, listener])
  }
}

function newTrace(): Trace {
  return {
    status: 'waiting',
    containers: 0,
    running: 0,
    failed: 0,
    newRecords: 0,
    earlierRecords: 0,
    startedAtMs: 0,
    endedAtMs: undefined,
    error: null,
  }
}

function progressOf(phase: string, { startedAtMs, endedAtMs, ...trace }: Trace): PhaseProgress {
  const elapsedMs = trace.status === 'waiting' ? 0 : (endedAtMs ?? performance.now()) - startedAtMs
  return { phase, ...trace, elapsedMs }
}
