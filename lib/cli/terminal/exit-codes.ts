/**
 * The exit codes of the command line.
 */

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
