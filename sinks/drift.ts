/**
 * What becomes of a record that does not fit its file: a new part with wider columns, a rejection, or an error.
 */
import { SpillwayError, type ErrorCode } from '../lib/core/errors.ts'
import type { ResolvedRecordSinkOptions } from './options.ts'
import type { Refusal } from './values/values.ts'

const VALUE_REMEDY = "Set `nonFinite` to 'null' or 'text' to write such numbers"
const DRIFT_REMEDY =
  "Give a `schema` that holds all records, or set `onDrift` to 'reject' or (for a directory) 'rotate'"

/** Decides for each refused record of a sink, and counts the rotations. */
export class Drift {
  readonly #options: ResolvedRecordSinkOptions
  #rotations = 0
  /** Those within the first `inferRows` records: a checkpoint has fixed the columns before all these were seen. */
  #earlyRotations = 0

  constructor(options: ResolvedRecordSinkOptions) {
    this.#options = options
  }

  /** Number of new parts that drift has asked for. */
  get rotations(): number {
    return this.#rotations
  }

  /**
   * Whether a record asks for a new part with wider columns; else it must be rejected.
   *
   * @param before - number of the records before it
   * @throws {SpillwayError} `ERR_SPILLWAY_VALUE`, `ERR_SPILLWAY_DRIFT`
   */
  rotatesFor(refusal: Refusal, before: number): boolean {
    const { onDrift, maxRotations, inferRows, schema } = this.#options
    if (refusal.kind === 'error') throw failureOf('ERR_SPILLWAY_VALUE', refusal, before + 1, VALUE_REMEDY)
    if (refusal.kind === 'value') return false
    if (onDrift === 'error') throw failureOf('ERR_SPILLWAY_DRIFT', refusal, before + 1, DRIFT_REMEDY)
    if (onDrift === 'reject' || this.#rotations - this.#earlyRotations >= maxRotations) return false
    this.#rotations += 1
    if (schema === null && before < inferRows) this.#earlyRotations += 1
    return true
  }
}

function failureOf(code: ErrorCode, { reason, field }: Refusal, record: number, remedy: string): SpillwayError {
  const place = { record, ...(field !== undefined && { field }) }
  const text = `Record ${record}${field === undefined ? '' : `, field ${field}`}: ${reason}. ${remedy}`
  return new SpillwayError(code, text, { place })
}
