/**
 * `spillway inspect`: prints the contents of a run directory.
 */
import { inspectRun } from '../monitor/inspect-run.ts'
import { EXIT_CODES, type ExitCode } from './terminal/exit-codes.ts'
import { inspectionText } from './inspection-report.ts'
import { printError, type CommandIo } from './terminal/command-io.ts'

/** Options of the command. */
export interface InspectCommandOptions {
  readonly json?: boolean
  readonly debug?: boolean
}

/** Runs the command. Errors are printed on standard error. */
export async function runInspect(directory: string, options: InspectCommandOptions, io: CommandIo): Promise<ExitCode> {
  const { json = false, debug } = options
  try {
    const run = await inspectRun(directory)
    io.stdout.write(`${json ? JSON.stringify(run, null, 2) : inspectionText(run)}\n`)
    return EXIT_CODES.done
  } catch (error) {
    printError(io, error, { debug })
    return EXIT_CODES.usage
  }
}
