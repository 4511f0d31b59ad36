/**
 * The errors of reading an output.
 */
import { SpillwayError } from '../core/errors.ts'

/** The error for a file of an output that is damaged or missing. Code: `ERR_SPILLWAY_OUTPUT`. */
export function damagedFile(path: string, problem: string, cause?: unknown): SpillwayError {
  return new SpillwayError(
    'ERR_SPILLWAY_OUTPUT',
    `${path} cannot be used: ${problem}. Run the phase again to replace the stored output.`,
    { place: { path }, ...(cause !== undefined && { cause }) },
  )
}

/**
 * The error for a phase without a stored output. Code: `ERR_SPILLWAY_OUTPUT`.
 *
 * @param stored - the phases of the workflow that have a stored output
 */
export function missingOutput(workflowId: string, phase: string, stored: readonly string[]): SpillwayError {
  const others =
    stored.length === 0
      ? 'No phase of this workflow has a stored output'
      : `Phases that have a stored output: ${stored.map(quote).join(', ')}`
  return new SpillwayError(
    'ERR_SPILLWAY_OUTPUT',
    `Phase ${quote(phase)} of workflow ${quote(workflowId)} has no stored output. ${others}. Check the name, or run that phase first.`,
    { place: { phase } },
  )
}

/** The error for a reference whose output no longer exists. Code: `ERR_SPILLWAY_OUTPUT`. */
export function replacedOutput(workflowId: string, phase: string): SpillwayError {
  return new SpillwayError(
    'ERR_SPILLWAY_OUTPUT',
    `The output of phase ${quote(phase)} of workflow ${quote(workflowId)} was replaced or cleaned up after the reference to it was made. Make a new reference.`,
    { place: { phase } },
  )
}

function quote(name: string): string {
  return JSON.stringify(name)
}
