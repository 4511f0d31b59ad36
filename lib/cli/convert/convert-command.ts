/**
 * `spillway convert` from its options to its exit code: plans, converts, and says what came of it.
 */
import { performance } from 'node:perf_hooks'
import { isAbortError, SpillwayError } from '../../core/errors.ts'
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
import { EXIT_CODES, type ExitCode } from '../exit-codes.ts'
import { showProgress } from '../progress.ts'
import { interruptionOf, say, sayError, type Shell } from '../command-io.ts'

/** Options of the command: those of the conversion, and what is said about it. */
export interface ConvertCommandOptions extends ConvertOptions {
  readonly quiet?: boolean
  readonly debug?: boolean
}

/** Runs the command; whatever goes wrong is said on standard error. */
export async function runConvert(input: string, options: ConvertCommandOptions, shell: Shell): Promise<ExitCode> {
  const { quiet, debug, ...conversionOptions } = options
  let plan: ConversionPlan
  try {
    plan = planConversion(input, conversionOptions, shell)
  } catch (error) {
    sayError(shell, error, { message: failureText(error), debug })
    return EXIT_CODES.usage
  }
  const conversion = new Conversion(plan, shell.signal)
  const startedAt = performance.now()
  try {
    await convertWithProgress(conversion, shell, quiet !== true)
  } catch (error) {
    return sayFailure(shell, error, plan, conversion, debug)
  }
  if (quiet !== true) say(shell, summaryLine(plan, conversion.stats, (performance.now() - startedAt) / 1000))
  return sayRejections(shell, plan, conversion) ? EXIT_CODES.failed : EXIT_CODES.done
}

async function convertWithProgress(conversion: Conversion, shell: Shell, shown: boolean): Promise<void> {
  if (!shown) return conversion.run()
  const progress = await showProgress(shell.stderr, () => progressLine(conversion.stats))
  try {
    await conversion.run()
  } finally {
    progress[Symbol.dispose]()
  }
}

function sayFailure(
  shell: Shell,
  error: unknown,
  plan: ConversionPlan,
  conversion: Conversion,
  debug: boolean | undefined,
): ExitCode {
  const partial = partialLine(plan, conversion.stats)
  if (isAbortError(error)) {
    const reason = interruptionOf(error)
    say(shell, `spillway: ${reason?.message ?? 'stopped'}. ${partial}`)
    sayRejections(shell, plan, conversion)
    return reason?.exitCode ?? EXIT_CODES.failed
  }
  if (isBrokenPipe(error)) {
    sayError(shell, error, { message: 'stopped, as nobody reads the output any more', debug })
    return EXIT_CODES.failed
  }
  const more = conversion.stats.written > 0 ? partial : ''
  sayError(shell, error, { message: failureText(error), more, debug })
  sayRejections(shell, plan, conversion)
  return error instanceof SpillwayError && error.code === 'ERR_SPILLWAY_OPTION' ? EXIT_CODES.usage : EXIT_CODES.failed
}

function sayRejections(shell: Shell, plan: ConversionPlan, conversion: Conversion): boolean {
  if (conversion.stats.rejected === 0) return false
  say(shell, `spillway: ${rejectionLine(plan, conversion.stats)}`)
  return true
}
