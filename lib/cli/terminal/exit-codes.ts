/**
 * The exit codes of the command line.
 */
import { SpillwayError, type ErrorCode } from '../../core/errors.ts'

/** What each code means. */
export const EXIT_CODES = {
  /** The work is complete, and every record is in the output. */
  done: 0,
  /** The work failed, or records were rejected. */
  failed: 1,
  /** The arguments, or the files they name, are invalid. Nothing was done. */
  usage: 2,
  /** Ctrl-C. */
  interrupted: 130,
  /** SIGTERM. */
  terminated: 143,
} as const

/** A code of {@link EXIT_CODES}. */
export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES]

/** The errors after which nothing was done, and that another argument or another moment mends. */
const USAGE: ReadonlySet<ErrorCode> = new Set([
  'ERR_SPILLWAY_OPTION',
  'ERR_SPILLWAY_NAME',
  'ERR_SPILLWAY_EXISTS',
  'ERR_SPILLWAY_WORKFLOW',
  'ERR_SPILLWAY_TOPOLOGY',
  'ERR_SPILLWAY_LOCKED',
])

/** The exit code of a command that ends with an error. */
export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof SpillwayError && USAGE.has(error.code) ? EXIT_CODES.usage : EXIT_CODES.failed
}
