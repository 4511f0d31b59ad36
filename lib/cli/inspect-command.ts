/**
 * `spillway inspect`: prints the contents of a run directory.
 */
import { inspectRun } from '../monitor/inspect-run.ts'
import { EXIT_CODES, exitCodeOf, type ExitCode } from './terminal/exit-codes.ts'
import { expectRun } from './run/expect-run.ts'
import { inspectionText } from './inspection-report.ts'
import { printError, printJson, printText, widthOf, type CommandIo } from './terminal/command-io.ts'

/** Options of the command. */
export interface InspectCommandOptions {
  readonly json?: boolean
  readonly debug?: boolean
}

/** Runs the command. Errors are printed on standard error. */
export async function runInspect(directory: string, options: InspectCommandOptions, io: CommandIo): Promise<ExitCode> {
  const { json = false, debug } = options
  try {
    await expectRun(directory)
    const run = await inspectRun(directory)
    if (json) await printJson(io, run)
    else await printText(io, inspectionText(run, widthOf(io.stdout)))
    return EXIT_CODES.done
  } catch (error) {
    printError(io, error, { debug })
    return exitCodeOf(error)
  }
}
