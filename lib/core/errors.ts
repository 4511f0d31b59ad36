/**
 * Every failure the toolkit raises is a {@link SpillwayError}: it tells the place, the cause and the remedy,
 * and its `code` is one of the list below. An `AbortError` is never wrapped.
 */

/** What each code means. @enum */
export const ERROR_CODES = {
  ERR_SPILLWAY_OPTION: 'an option is unknown or has a value it cannot have',
  ERR_SPILLWAY_NAME: 'a name from outside cannot be used as a file name',
  ERR_SPILLWAY_EXISTS: 'the output already exists and may not be overwritten',
  ERR_SPILLWAY_IO: 'the operating system refused to open, write, sync or close a file',
  ERR_SPILLWAY_CLOSED: 'a stream was used after its end, or closed before its end',
  ERR_SPILLWAY_MARKER_LOST: 'a stage swallowed the marker behind an acknowledgement',
  ERR_SPILLWAY_INPUT: 'input bytes are not what their format asks',
  ERR_SPILLWAY_VALUE: 'a record holds a value the format cannot hold',
  ERR_SPILLWAY_DRIFT: 'a record does not fit the columns of its file',
  ERR_SPILLWAY_WORKFLOW: 'a workflow is not what it must be',
  ERR_SPILLWAY_TOPOLOGY: 'a topology is missing, or is not what it must be',
  ERR_SPILLWAY_CONTAINER: 'a container failed while it made its records',
  ERR_SPILLWAY_NONDETERMINISTIC: 'a container that was run again did not make the same records',
  ERR_SPILLWAY_LOCKED: 'another process is at work in the run directory',
  ERR_SPILLWAY_OUTPUT: 'a phase output is missing, cannot be stored, or is damaged',
  ERR_SPILLWAY_PHASE: "a phase failed for a reason that is not the toolkit's own",
  ERR_SPILLWAY_JOURNAL: 'a run directory, or its journal, is not what it must be',
  ERR_SPILLWAY_SOURCE: 'a source of results failed',
} as const

/** A code of {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES

/** Where an error happened; only what is known is set. */
export interface ErrorPlace {
  /** Name of the phase. */
  readonly phase?: string
  /** Id of the container. */
  readonly container?: string
  /** Path of the file or directory. */
  readonly path?: string
  /** Line of the input, counted from 1. */
  readonly line?: number
  /** Column of the input, counted from 1. */
  readonly column?: number
  /** Record of the input, or of the container, counted from 1. */
  readonly record?: number
  /** Number of a source of results, counted from 0. */
  readonly source?: number
  /** Dotted path of the field. */
  readonly field?: string
}

/** The base class of all errors raised by the toolkit. */
export class SpillwayError extends Error {
  /** Always `SpillwayError`, also in subclasses. */
  override readonly name = 'SpillwayError'
  /** Kind of failure: a key of {@link ERROR_CODES}. */
  readonly code: ErrorCode
  /** Where the error happened; empty when that is not known. */
  readonly place: ErrorPlace

  /**
   * Makes an error with a code and a place.
   *
   * @param code - one of {@link ERROR_CODES}
   * @param message - place, cause and remedy, in words
   * @param details - the error behind this one, and where it happened
   */
  constructor(code: ErrorCode, message: string, details: { cause?: unknown; place?: ErrorPlace } = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.place = details.place ?? {}
  }
}

/** Whether `error` is the AbortError of a signal; such an error is handed on as it is. */
export function isAbortError(error: unknown): boolean {
  return (
    error instanceof Error && (error.name === 'AbortError' || (error as NodeJS.ErrnoException).code === 'ABORT_ERR')
  )
}

/** The message of whatever was thrown: some packages throw strings. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** The operating system's code (`ENOSPC`, `EACCES`) of an error, if it has one. */
export function errnoOf(thrown: unknown): string | undefined {
  const code = thrown instanceof Error ? (thrown as NodeJS.ErrnoException).code : undefined
  return typeof code === 'string' ? code : undefined
}
