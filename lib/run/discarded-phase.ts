/**
 * The stream graph of a phase whose results are not written: records are aggregated and dropped.
 */
import { Writable } from 'node:stream'
import { Aggregates } from '../../transforms/aggregate/aggregates.ts'
import type { Objective, PhaseSummary } from '../../transforms/aggregate/summary-types.ts'
import { messageOf, SpillwayError } from '../core/errors.ts'
import type { PhaseReference } from '../outputs/reference.ts'
import type { PhaseOutlet } from '../execution/run-context.ts'

/** Takes batches and keeps their aggregates. */
export class DiscardedPhase implements PhaseOutlet {
  readonly sink: Writable
  readonly results: PhaseReference
  readonly counts = null
  readonly #phase: string
  readonly #state: Aggregates

  constructor(workflowId: string, phase: string, objective: Objective) {
    this.#phase = phase
    this.#state = new Aggregates({ phase, objective })
    this.results = new DiscardedResults(workflowId, phase)
    this.sink = new Writable({
      objectMode: true,
      highWaterMark: 1,
      write: (batch, _encoding, callback) => {
        try {
          this.#state.add(batch)
        } catch (cause) {
          callback(unreadable(phase, cause))
          return
        }
        callback()
      },
    })
  }

  get aggregates(): PhaseSummary {
    return this.#state.phaseSummary(this.#phase)
  }
}

/** A reference to records that are not stored. */
class DiscardedResults implements PhaseReference {
  readonly workflowId: string
  readonly phase: string
  readonly bytes = 0
  readonly tables = []
  readonly rowCount = null
  readonly schema = null

  constructor(workflowId: string, phase: string) {
    this.workflowId = workflowId
    this.phase = phase
  }

  get(): Promise<never> {
    return Promise.reject(this.#refusal())
  }

  rows(): never {
    throw this.#refusal()
  }

  toJSON(): unknown {
    return { workflowId: this.workflowId, phase: this.phase, bytes: 0, tables: [] }
  }

  #refusal(): SpillwayError {
    const { phase } = this
    return new SpillwayError(
      'ERR_SPILLWAY_OUTPUT',
      `The results of phase ${JSON.stringify(phase)} cannot be read: none are written, as result streaming is off. Switch it on, or give the topology an \`output\`.`,
      { place: { phase } },
    )
  }
}

/** No sink is there to reject the record. */
function unreadable(phase: string, cause: unknown): SpillwayError {
  return new SpillwayError(
    'ERR_SPILLWAY_VALUE',
    `A record of phase ${JSON.stringify(phase)} cannot be aggregated: reading its fields threw ${messageOf(cause)}. Write plain objects.`,
    { cause, place: { phase } },
  )
}
