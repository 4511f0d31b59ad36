/**
 * A run in memory, for tests of topologies: it writes no files.
 */
import { Writable } from 'node:stream'
import { JsonText } from '../../sinks/values/json-text.ts'
import { Aggregates } from '../../transforms/aggregate/aggregates.ts'
import type { Objective, PhaseSummary } from '../../transforms/aggregate/summary-types.ts'
import { parseExactJson } from '../core/exact-json.ts'
import { recordsOf } from '../core/batch.ts'
import { DEFAULT_FIELD_NAMES, type ResultRecord } from '../core/record.ts'
import type { Rejection } from '../core/rejection.ts'
import { settleCallback } from '../core/settle-callback.ts'
import type { PhaseOutlet, RunContext } from '../execution/run-context.ts'
import { draftOutput } from '../outputs/draft-output.ts'
import { MemoryOutput } from '../outputs/memory-output.ts'
import { OutputReference } from '../outputs/output-reference.ts'
import type { PhaseReference } from '../outputs/reference.ts'
import { splitOutput } from '../outputs/split-output.ts'

/** Keeps the records and the output of one phase. */
export class MemoryRun implements RunContext {
  readonly workflowId: string
  readonly signal: AbortSignal = new AbortController().signal
  /** The records that a run would write, as they are read back. */
  readonly records: ResultRecord[] = []
  /** The records that a run would reject. */
  readonly rejections: Rejection[] = []
  readonly #objective: Objective

  constructor(workflowId: string, objective: Objective) {
    this.workflowId = workflowId
    this.#objective = objective
  }

  openPhase(phase: string): PhaseOutlet {
    return new MemoryPhase(this, phase, this.#objective)
  }

  /** A reference to an output, as a later phase receives it. */
  async storeOutput(phase: string, output: unknown): Promise<PhaseReference> {
    const drafted = await draftOutput(splitOutput(output), {
      phase,
      memoryLimitBytes: Infinity,
      openFiles: () => Promise.reject(new RangeError('an output is larger than infinity')),
    })
    const held = drafted.kind === 'held' ? drafted.held : { rest: null, tables: [] }
    const stored = new MemoryOutput(phase, held)
    return new OutputReference(this.workflowId, phase, stored, () => stored.open())
  }
}

/** The records of a phase, as the JSONL format has them. */
class MemoryPhase implements PhaseOutlet {
  readonly sink: Writable
  readonly counts = null
  readonly #run: MemoryRun
  readonly #phase: string
  readonly #aggregates: Aggregates
  readonly #json = new JsonText('null')
  #results: PhaseReference | undefined

  constructor(run: MemoryRun, phase: string, objective: Objective) {
    this.#run = run
    this.#phase = phase
    this.#aggregates = new Aggregates({ phase, objective })
    this.sink = new Writable({
      objectMode: true,
      highWaterMark: 1,
      write: (batch, _encoding, callback) => {
        settleCallback(this.#take(batch), callback)
      },
      final: (callback) => {
        settleCallback(this.#end(), callback)
      },
    })
  }

  get aggregates(): PhaseSummary {
    return this.#aggregates.phaseSummary(this.#phase)
  }

  get results(): PhaseReference {
    if (this.#results === undefined) throw new Error('the phase has not ended')
    return this.#results
  }

  async #take(batch: unknown): Promise<void> {
    const rejected: number[] = []
    for (const [index, record] of recordsOf(batch).entries()) {
      const text = this.#json.ofRecord(record)
      if (text !== undefined) this.#run.records.push(parseExactJson(text) as ResultRecord)
      else {
        rejected.push(index)
        this.#reject(record)
      }
    }
    this.#aggregates.add(batch, rejected)
  }

  #reject(record: ResultRecord): void {
    const container = containerOf(record)
    const place = { phase: this.#phase, ...(container !== undefined && { container }) }
    this.#run.rejections.push({ stage: 'encode', reason: '', ...this.#json.refusal, ...place, record })
  }

  async #end(): Promise<void> {
    this.#results = await this.#run.storeOutput(this.#phase, this.#run.records)
  }
}

function containerOf(record: ResultRecord): string | undefined {
  try {
    const container = record[DEFAULT_FIELD_NAMES.container]
    return typeof container === 'string' ? container : undefined
  } catch {
    return undefined
  }
}
