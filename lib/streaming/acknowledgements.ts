/**
 * Waiting acknowledgements. All that come for one phase within a short delay are answered by one marker, so that a
 * demand for each record does not mean a write for each.
 */
import { Marker, type AckLevel } from '../core/batch.ts'
import { makeDeferred, type Deferred } from '../core/deferred.ts'

/** A marker for the chain of one phase. */
export class PhaseMarker extends Marker {
  readonly phase: string

  constructor(phase: string, level: AckLevel) {
    super(level)
    this.phase = phase
  }
}

interface Demand {
  level: AckLevel
  readonly answered: Deferred<void>
  readonly timer: NodeJS.Timeout
}

/** Collects demands and turns them into markers. */
export class AckDemands {
  readonly #delayMs: number
  readonly #send: (marker: PhaseMarker) => void
  readonly #demands = new Map<string, Demand>()

  /** @param send - sends a marker behind the records written so far */
  constructor(delayMs: number, send: (marker: PhaseMarker) => void) {
    this.#delayMs = delayMs
    this.#send = send
  }

  /** Resolves when the records of `phase` written so far have reached `level`. */
  demand(phase: string, level: AckLevel): Promise<void> {
    const waiting = this.#demands.get(phase)
    if (waiting !== undefined) {
      if (level === 'durable') waiting.level = level
      return waiting.answered.promise
    }
    const timer = setTimeout(() => {
      this.#answer(phase)
    }, this.#delayMs)
    const demand: Demand = { level, answered: makeDeferred(), timer }
    this.#demands.set(phase, demand)
    return demand.answered.promise
  }

  /** Sends all markers now. */
  sendAll(): void {
    for (const phase of [...this.#demands.keys()]) this.#answer(phase)
  }

  #answer(phase: string): void {
    const demand = this.#demands.get(phase)
    if (demand === undefined) return
    this.#demands.delete(phase)
    clearTimeout(demand.timer)
    const marker = new PhaseMarker(phase, demand.level)
    marker.receipt.then(() => {
      demand.answered.resolve()
    }, demand.answered.reject)
    this.#send(marker)
  }
}
