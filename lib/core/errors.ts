/**
 * Every error that the toolkit raises is a {@link SpillwayError}. Its message states the place, the cause and the
 * remedy; its `code` is one of the list below. An `AbortError` is never wrapped.
 */
import { fileURLToPath } from 'node:url'

/** What each code means. @enum */
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
  /** Name of the phase. */
  readonly phase?: string
  /** Id of the container, unique in its phase. */
  readonly container?: string
  /** Path of the file or directory. */
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

/** A count with its thousands set apart: `1,234,567`. */
export function countText(count: number): string {
  return Math.round(count).toLocaleString('en-US')
}

/** A number of things, for messages: `1 record`, `2,000 records`. */
export function quantityText(count: number, thing: string): string {
  return `${countText(count)} ${thing}${count === 1 ? '' : 's'}`
}

const folderOf = (name: string) => fileURLToPath(new URL(`../../${name}/`, import.meta.url))

/** The folders of this package's code, and the one that calls topologies: what called that is not the place. */
const OWN_FOLDERS = ['lib', 'sinks', 'transforms'].map(folderOf)
const CALLING_FOLDER = folderOf('lib/execution')

/** The place in a line of a stack, as `<file>:<line>:<column>`. */
const FRAME = /(?:\(|^\s+at (?:async )?)([^()\s][^()]*:\d+:\d+)\)?$/

/** The message of a thrown value, with file and line where code outside of Node.js and this package threw it. */
export function placedMessageOf(thrown: unknown): string {
  const place = throwPlaceOf(thrown)
  return place === undefined ? messageOf(thrown) : `${messageOf(thrown)} (${place})`
}

function throwPlaceOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || typeof thrown.stack !== 'string') return undefined
  // The stack begins with the message, which may look like a stack.
  const { stack, message } = thrown
  const frames = stack.slice(stack.indexOf(message) + message.length)
  for (const line of frames.split('\n')) {
    const place = FRAME.exec(line)?.[1]
    if (place === undefined || place.startsWith('node:')) continue
    const path = pathOf(place)
    if (path?.startsWith(CALLING_FOLDER)) return undefined
    if (path !== undefined && !OWN_FOLDERS.some((folder) => path.startsWith(folder))) return path
  }
  return undefined
}

/** The path of a `file:` URL; undefined for one that is no path. Other text stays. */
function pathOf(place: string): string | undefined {
  try {
    return place.startsWith('file:') ? fileURLToPath(place) : place
  } catch {
    return undefined
  }
}

/** Causes of an error that are followed. */
const MAX_CAUSES = 8

/** The stack of an error and those of its causes. An error of this package that has a cause adds nothing to it. */
export function stackOf(error: Error): string {
  const stacks: string[] = []
  let cause: unknown = error
  for (let depth = 0; cause instanceof Error && depth < MAX_CAUSES; depth++) {
    const isWrapper = cause instanceof SpillwayError && cause.cause instanceof Error
    if (!isWrapper) stacks.push(cause.stack ?? cause.message)
    cause = cause.cause
  }
  return stacks.join('\nCaused by: ')
}

/** The operating system's code of an error (`ENOSPC`, `EACCES`); undefined when it has none. */
export function errnoOf(thrown: unknown): string | undefined {
  const code = thrown instanceof Error ? (thrown as NodeJS.ErrnoException).code : undefined
  return typeof code === 'string' ? code : undefined
}

/** The most characters of the input that a message repeats. */
const MAX_CHARACTERS = 200

/** The text in quotes, with its beginning only if it is long. */
export function quoteText(text: string): string {
  return JSON.stringify(shortText(text))
}

/** The text, or its beginning and an ellipsis. */
export function shortText(text: string): string {
  if (text.length <= MAX_CHARACTERS) return text
  return `${text.slice(0, MAX_CHARACTERS - 1).replace(/[\ud800-\udbff]$/, '')}…`
}
