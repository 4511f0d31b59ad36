/**
 * `spillway convert` from its options to its exit code: plans, converts, and prints the result.
 */
import { performance } from 'node:perf_hooks'
import { isAbortError } from '../../core/errors.ts'
import { planConversion, type ConversionPlan, type ConvertOptions } from './conversion-plan.ts'
import {
  failureText,
  isBrokenPipe,
  partialLine,
  progressLine,
  rejectionLine,
  summaryLine,
} from './conversion-report.ts'
import { Conversion } from './convert.ts'
import { EXIT_CODES, exitCodeOf, type ExitCode } from '../terminal/exit-codes.ts'
import { showProgress } from '../terminal/progress.ts'
import { interruptionOf, printLine, printError, type CommandIo } from '../terminal/command-io.ts'

/** Options of the command: those of the conversion, and what is printed. */
export interface ConvertCommandOptions extends ConvertOptions {
  readonly quiet?: boolean
  readonly debug?: boolean
}

/** Runs the command. Errors are printed on standard error. */
export async function runConvert(input: string, options: ConvertCommandOptions, io: CommandIo): Promise<ExitCode> {
  const { quiet, debug, ...conversionOptions } = options
  let plan: ConversionPlan
  try {
    plan = planConversion(input, conversionOptions, io)
  } catch (error) {
    printError(io, error, { message: failureText(error), debug })
    return EXIT_CODES.usage
  }
  const conversion = new Conversion(plan, io.signal)
  const startedAt = performance.now()
  try {
    await convertWithProgress(conversion, io, quiet !== true)
  } catch (error) {
    return printFailure(io, error, plan, conversion, debug)
  } finally {
    for (const warning of conversion.warnings) printLine(io, `spillway: ${failureText(warning)}`)
  }
  if (quiet !== true) printLine(io, summaryLine(plan, conversion.stats, (performance.now() - startedAt) / 1000))
  return printRejections(io, plan, conversion) ? EXIT_CODES.failed : EXIT_CODES.done
}

async function convertWithProgress(conversion: Conversion, io: CommandIo, shown: boolean): Promise<void> {
  if (!shown) return conversion.run()
  const progress = await showProgress(io.stderr, () => progressLine(conversion.stats))
  try {
    await conversion.run()
  } finally {
    progress[Symbol.dispose]()
  }
}

function printFailure(
  io: CommandIo,
  error: unknown,
  plan: ConversionPlan,
  conversion: Conversion,
  debug: boolean | undefined,
): ExitCode {
  const partial = partialLine(plan, conversion.stats, conversion.keepsOld)
  if (isAbortError(error)) {
    const reason = interruptionOf(error)
    printLine(io, `spillway: ${reason?.message ?? 'stopped'}. ${partial}`)
    printRejections(io, plan, conversion)
    return reason?.exitCode ?? EXIT_CODES.failed
  }
  // The reader has read enough, and wants no message of it.
  if (isBrokenPipe(error)) return EXIT_CODES.failed
  const more = conversion.stats.written > 0 || conversion.keepsOld ? partial : ''
  printError(io, error, { message: failureText(error), more, debug })
  printRejections(io, plan, conversion)
  return exitCodeOf(error)
}

function printRejections(io: CommandIo, plan: ConversionPlan, conversion: Conversion): boolean {
  if (conversion.stats.rejected === 0) return false
  printLine(io, `spillway: ${rejectionLine(plan, conversion.stats)}`)
  return true
}
