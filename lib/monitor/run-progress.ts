/**
 * The progress of a run, collected from the diagnostics channels, for display.
 */
import { subscribe, unsubscribe, type Channel, type ChannelListener } from 'node:diagnostics_channel'
import { performance } from 'node:perf_hooks'
import { containerEnded, phaseEnded, phaseStarted, workflowStarted } from '../core/diagnostics.ts'
import type { PhaseStatus } from '../execution/run-context.ts'

/** The progress of a phase. */
export interface PhaseProgress {
  readonly phase: string
  readonly status: PhaseStatus | 'waiting' | 'running'
  /** Containers that have ended, with or without an error. */
  readonly containers: number
  /** Records of the containers that have ended; after the end of the phase, all accepted records. */
  readonly records: number
  /** Time since its start, or its duration if it has ended, in milliseconds. */
  readonly elapsedMs: number
  readonly error: Error | null
}

/** The state of a phase according to the messages of the channels. */
interface Trace {
  status: PhaseProgress['status']
  containers: number
  records: number
  startedAtMs: number
  endedAtMs: number | undefined
  error: Error | null
}

interface Message {
  readonly workflowId: string
  readonly phase: string
  readonly status: PhaseStatus
  readonly error: Error | null
  readonly records: number
  readonly containers: number
}

/** Follows the first run that starts in this process after its construction. Dispose of it to stop listening. */
export class RunProgress implements Disposable {
  readonly #phases: Map<string, Trace>
  readonly #onChange: (phase: PhaseProgress) => void
  readonly #subscriptions: [string | symbol, ChannelListener][] = []
  #workflowId: string | undefined

  /**
   * @param phases - the names of the phases, in the order to show them
   * @param onChange - called when a phase has started or ended
   */
  constructor(phases: readonly string[], onChange: (phase: PhaseProgress) => void = () => {}) {
    this.#phases = new Map(phases.map((phase) => [phase, newTrace()]))
    this.#onChange = onChange
    this.#listen(workflowStarted, ({ workflowId }) => (this.#workflowId ??= workflowId))
    this.#listen(phaseStarted, ({ phase }, trace) => {
      Object.assign(trace, { status: 'running', startedAtMs: performance.now() })
      this.#onChange(progressOf(phase, trace))
    })
    this.#listen(containerEnded, ({ records }, trace) => {
      trace.containers += 1
      trace.records += records
    })
    this.#listen(phaseEnded, ({ phase, status, error, records, containers }, trace) => {
      const endedAtMs = performance.now()
      const startedAtMs = trace.status === 'waiting' ? endedAtMs : trace.startedAtMs
      Object.assign(trace, { status, error, records, containers, startedAtMs, endedAtMs })
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
  return { status: 'waiting', containers: 0, records: 0, startedAtMs: 0, endedAtMs: undefined, error: null }
}

function progressOf(phase: string, trace: Trace): PhaseProgress {
  const { status, containers, records, startedAtMs, endedAtMs, error } = trace
  const elapsedMs = status === 'waiting' ? 0 : (endedAtMs ?? performance.now()) - startedAtMs
  return { phase, status, containers, records, elapsedMs, error }
}
