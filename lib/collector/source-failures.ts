/**
 * What is told of sources of results that failed, of each at once, and of all in the end.
 */
import { isAbortError, messageOf, SpillwayError } from '../core/errors.ts'

interface Failure {
  readonly source: number
  readonly error: Error
}

/** The sources of one workflow that failed. An AbortError is handed on as it is. */
export class SourceFailures {
  readonly #workflowId: string
  readonly #failures: Failure[] = []

  constructor(workflowId: string) {
    this.#workflowId = workflowId
  }

  /**
   * Takes down that a source failed, and returns the error that tells of it.
   *
   * @param cause - null when the source was destroyed without an error
   */
  add(source: number, cause: Error | null): Error {
    const error = cause !== null && isAbortError(cause) ? cause : this.#describe(source, cause)
    this.#failures.push({ source, error })
    return error
  }

  /** One error for all of them: that of the first, unless that was but aborted because of another. */
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
      `Source ${source} of workflow ${JSON.stringify(this.#workflowId)} failed: ${why}. What it had written before is delivered; what was still to come is missing, so run its work again.`,
      { ...(cause !== null && { cause }), place: { source } },
    )
  }
}
