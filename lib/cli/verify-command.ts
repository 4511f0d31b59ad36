/**
 * `spillway verify`: checks the files of a run against its journal.
 */
import { problemText } from '../recovery/problems.ts'
import { verifyRun, type VerifiedRun } from '../recovery/verify.ts'
import { escapeText } from './terminal/escape-text.ts'
import { EXIT_CODES, exitCodeOf, type ExitCode } from './terminal/exit-codes.ts'
import { expectRun } from './run/expect-run.ts'
import { quantityText } from './terminal/format-numbers.ts'
import { printError, printJson, printText, type CommandIo } from './terminal/command-io.ts'

/** Options of the command. */
export interface VerifyCommandOptions {
  readonly json?: boolean
  readonly debug?: boolean
}

/** Runs the command. Errors are printed on standard error. */
export async function runVerify(directory: string, options: VerifyCommandOptions, io: CommandIo): Promise<ExitCode> {
  const { json = false, debug } = options
  try {
    await expectRun(directory)
    const run = await verifyRun(directory)
    if (json) await printJson(io, run)
    else await printText(io, verificationText(run))
    return run.problems.length === 0 ? EXIT_CODES.done : EXIT_CODES.failed
  } catch (error) {
    printError(io, error, { debug })
    return exitCodeOf(error)
  }
}

function verificationText({ workflowId, status, phases, problems, remedies }: VerifiedRun): string {
  const lines = phases.map(({ phase, parts, rows, written, rejected, deduplicated }) => {
    const others = [
      // The others are in a file that is not complete.
      ...(written === rows ? [] : [`${quantityText(written, 'row')} committed`]),
      ...(rejected === 0 ? [] : [`${rejected} rejected`]),
      ...(deduplicated === 0 ? [] : [`${deduplicated} deduplicated`]),
    ]
    return [
      `${escapeText(phase)}: ${quantityText(rows, 'row')} in ${quantityText(parts, 'complete file')}`,
      ...others,
    ].join(', ')
  })
  const found = problems.map((problem) => `PROBLEM: ${escapeText(problemText(problem))}`)
  const end = problems.length === 0 ? 'all files match the journal' : quantityText(problems.length, 'problem')
  return [...lines, ...found, `run ${escapeText(workflowId)}, ${status}: ${end}`, ...remedyLines(remedies)].join('\n')
}

/** What mends the problems of a run, to be printed at the end. */
export function remedyLines(remedies: readonly string[]): string[] {
  return remedies.length === 0 ? [] : ['This mends it:', ...remedies.map((remedy) => `  ${escapeText(remedy)}`)]
}
