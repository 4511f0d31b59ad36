/**
 * Every error that the toolkit raises is a {@link SpillwayError}. Its message states the place, the cause and the
 * remedy; its `code` is one of the list below. An `AbortError` is never wrapped.
 */

/** What each code means. */
export const ERROR_CODES = {
  ERR_SPILLWAY_OPTION: 'an option is unknown or its value is invalid',
  ERR_SPILLWAY_NAME: 'a given name cannot be used as a file name',
  ERR_SPILLWAY_EXISTS: 'the output already exists and may not be overwritten',
  ERR_SPILLWAY_IO: 'the operating system refused to open, write, sync or close a file',
  ERR_SPILLWAY_CLOSED: 'a stream was used after its end, or closed before its end',
  ERR_SPILLWAY_MARKER_LOST: 'a stage of a stream dropped the marker of an acknowledgement',
  ERR_SPILLWAY_INPUT: 'input bytes are not valid in their format',
  ERR_SPILLWAY_VALUE: 'a record contains a value that the format cannot store',
  ERR_SPILLWAY_DRIFT: 'a record does not match the columns of its file',
  ERR_SPILLWAY_WORKFLOW: 'a workflow is invalid',
  ERR_SPILLWAY_TOPOLOGY: 'a topology is missing or invalid',
  ERR_SPILLWAY_CONTAINER: 'a container failed while it produced its records',
  ERR_SPILLWAY_NONDETERMINISTIC: 'a container that was run again produced different records',
  ERR_SPILLWAY_LOCKED: 'another process is using the run directory',
  ERR_SPILLWAY_OUTPUT: 'a phase output is missing, cannot be stored, or is damaged',
  ERR_SPILLWAY_PHASE: 'a phase failed with an error from outside the toolkit',
  ERR_SPILLWAY_JOURNAL: 'a run directory or its journal is invalid',
  ERR_SPILLWAY_SOURCE: 'a source of results failed',
} as const

/** A code of {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES

/** Where an error happened; only the known fields are set. */
export interface ErrorPlace {
  readonly phase?: string
  /** Id of the container, unique in its phase. */
  readonly container?: string
  readonly path?: string
  /** Line of the input, counted from 1. */
  readonly line?: number
  /** Column of the input, counted from 1. */
  readonly column?: number
  /** Number of the record in the input, or in the container, counted from 1. */
  readonly record?: number
  /** Number of the source of results, counted from 0. */
  readonly source?: number
  /** Dotted path of the field in the record. */
  readonly field?: string
}

/** The base class of all errors raised by the toolkit. */
export class SpillwayError extends Error {
  override readonly name = 'SpillwayError'
  readonly code: ErrorCode
  readonly place: ErrorPlace

  /**
   * @param code - one of {@link ERROR_CODES}
   * @param message - the place, the cause and the remedy
   * @param details - the error that caused this one, and where it happened
   */
  constructor(code: ErrorCode, message: string, details: { cause?: unknown; place?: ErrorPlace } = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.place = details.place ?? {}
  }
}

/** Whether `error` is the AbortError of a signal; such an error is passed on unchanged. */
export function isAbortError(error: unknown): boolean {
  return (
    error instanceof Error && (error.name === 'AbortError' || (error as NodeJS.ErrnoException).code === 'ABORT_ERR')
  )
}

/** The message of a thrown value. Some packages throw strings, not errors. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** The operating system's code of an error (`ENOSPC`, `EACCES`); undefined when it has none. */
export function errnoOf(thrown: unknown): string | undefined {
  const code = thrown instanceof Error ? (thrown as NodeJS.ErrnoException).code : undefined
  return typeof code === 'string' ? code : undefined
}
