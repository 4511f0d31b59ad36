/**
 * `spillway convert` from its options to its exit code: plans, converts, and says what came of it.
 */
import { performance } from 'node:perf_hooks'
import { inspect } from 'node:util'
import type { Writable } from 'node:stream'
import { isAbortError, SpillwayError } from '../core/errors.ts'
import { planConversion, type ConversionPlan, type ConvertOptions, type StandardStreams } from './conversion-plan.ts'
import {
  failureText,
  isBrokenPipe,
  partialLine,
  progressLine,
  rejectionLine,
  summaryLine,
} from './conversion-report.ts'
import { Conversion } from './convert.ts'
import { EXIT_CODES, type ExitCode } from './exit-codes.ts'
import { Interruption } from './interrupts.ts'
import { showProgress } from './progress.ts'

/** What a command may use of the process it runs in. */
export interface Shell extends StandardStreams {
  readonly stderr: Writable & { readonly isTTY?: boolean }
  /** Asks the work to end; its reason may be an {@link Interruption}. */
  readonly signal: AbortSignal
}

/** Options of the command: those of the conversion, and what is said about it. */
export interface ConvertCommandOptions extends ConvertOptions {
  readonly quiet?: boolean
  readonly debug?: boolean
}

/** Runs the command; whatever goes wrong is said on standard error. */
export async function runConvert(input: string, options: ConvertCommandOptions, shell: Shell): Promise<ExitCode> {
  const { quiet, debug, ...conversionOptions } = options
  const say = (line: string): void => void shell.stderr.write(`${line}\n`)
  let plan: ConversionPlan
  try {
    plan = planConversion(input, conversionOptions, shell)
  } catch (error) {
    sayError(say, error, '', debug)
    return EXIT_CODES.usage
  }
  const conversion = new Conversion(plan, shell.signal)
  const startedAt = performance.now()
  try {
    await convertWithProgress(conversion, shell, quiet !== true)
  } catch (error) {
    return sayFailure(say, error, plan, conversion, debug)
  }
  if (quiet !== true) say(summaryLine(plan, conversion.stats, (performance.now() - startedAt) / 1000))
  return sayRejections(say, plan, conversion) ? EXIT_CODES.failed : EXIT_CODES.done
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

type Say = (line: string) => void

function sayFailure(
  say: Say,
  error: unknown,
  plan: ConversionPlan,
  conversion: Conversion,
  debug: boolean | undefined,
): ExitCode {
  const partial = partialLine(plan, conversion.stats)
  if (isAbortError(error)) {
    const reason = interruptionOf(error)
    say(`spillway: ${reason?.message ?? 'stopped'}. ${partial}`)
    sayRejections(say, plan, conversion)
    return reason?.exitCode ?? EXIT_CODES.failed
  }
  if (isBrokenPipe(error)) {
    say('spillway: stopped, as nobody reads the output any more.')
    if (debug === true) say(inspect(error))
    return EXIT_CODES.failed
  }
  sayError(say, error, conversion.stats.written > 0 ? partial : '', debug)
  sayRejections(say, plan, conversion)
  return error instanceof SpillwayError && error.code === 'ERR_SPILLWAY_OPTION' ? EXIT_CODES.usage : EXIT_CODES.failed
}

function sayError(say: Say, error: unknown, more: string, debug: boolean | undefined): void {
  const message = failureText(error)
  say(`spillway: ${message}${/[.?!]$/.test(message) ? '' : '.'}${more === '' ? '' : ` ${more}`}`)
  if (debug === true) say(inspect(error))
}

function sayRejections(say: Say, plan: ConversionPlan, conversion: Conversion): boolean {
  if (conversion.stats.rejected === 0) return false
  say(`spillway: ${rejectionLine(plan, conversion.stats)}`)
  return true
}

/** Streams wrap the reason of a signal in an AbortError of their own. */
function interruptionOf(error: unknown): Interruption | undefined {
  if (error instanceof Interruption) return error
  return error instanceof Error && error.cause instanceof Interruption ? error.cause : undefined
}
