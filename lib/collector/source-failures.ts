/**
 * The errors of sources of results that failed: one for each source immediately, and one for all of them at the end.
 */
import { isAbortError, messageOf, SpillwayError } from '../core/errors.ts'

interface Failure {
  readonly source: number
  readonly error: Error
}

/** The failed sources of one workflow. An AbortError is passed on unchanged. */
export class SourceFailures {
  readonly #workflowId: string
  readonly #failures: Failure[] = []

  constructor(workflowId: string) {
    this.#workflowId = workflowId
  }

  /**
   * Records the failure of a source, and returns its error.
   *
   * @param source - number of the source, from 0
   * @param cause - null when the source was destroyed without an error
   * @returns an `ERR_SPILLWAY_SOURCE`, or `cause` if that is an AbortError
   */
  add(source: number, cause: Error | null): Error {
    const error = cause !== null && isAbortError(cause) ? cause : this.#describe(source, cause)
    this.#failures.push({ source, error })
    return error
  }

  /**
   * One error for all failures, with the first failure as its cause. AbortErrors come last: such a source was probably
   * aborted because another had failed. Undefined when no source failed.
   */
  summarize(): Error | undefined {
    const first = this.#failures.find(({ error }) => !isAbortError(error)) ?? this.#failures[0]
    if (first === undefined || this.#failures.length === 1 || isAbortError(first.error)) return first?.error
    const numbers = this.#failures.map(({ source }) => source).sort((a, b) => a - b)
    return new SpillwayError(
      'ERR_SPILLWAY_SOURCE',
      `${numbers.length} sources failed: ${numbers.join(', ')}. The first: ${first.error.message}`,
      { cause: first.error.cause, place: { source: first.source } },
    )
  }

  #describe(source: number, cause: Error | null): SpillwayError {
    const why = cause === null ? 'it was destroyed before its end' : messageOf(cause)
    return new SpillwayError(
      'ERR_SPILLWAY_SOURCE',
      `Source ${source} of workflow ${JSON.stringify(this.#workflowId)} failed: ${why}. The records that it wrote before are delivered; its other records are missing. Run its work again.`,
      { ...(cause !== null && { cause }), place: { source } },
    )
  }
}
