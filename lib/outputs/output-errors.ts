/**
 * What can be wrong with an output that somebody wants to read.
 */
import { SpillwayError } from '../core/errors.ts'

/** A file of an output is not as it was written. */
export function damagedFile(path: string, problem: string, cause?: unknown): SpillwayError {
  return new SpillwayError(
    'ERR_SPILLWAY_OUTPUT',
    `${path} cannot be used: ${problem}. Run the phase again to store its output anew.`,
    { place: { path }, ...(cause !== undefined && { cause }) },
  )
}

/** The output of a phase is not there. */
export function missingOutput(workflowId: string, phase: string, stored: readonly string[]): SpillwayError {
  const others = stored.length === 0 ? 'None of its phases has' : `Those that have are ${stored.map(quote).join(', ')}`
  return new SpillwayError(
    'ERR_SPILLWAY_OUTPUT',
    `Phase ${quote(phase)} of workflow ${quote(workflowId)} has stored no output. ${others}: check the name, or let that phase run first.`,
    { place: { phase } },
  )
}

/** The output that a reference was made for is not there any more. */
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
