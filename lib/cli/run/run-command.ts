/**
 * `spillway run` from its options to its exit code: loads the workflow and its topologies, runs it, and prints the
 * result.
 */
import { resolve } from 'node:path'
import type { Format } from '../../../sinks/options.ts'
import { Coordinator } from '../../coordinator.ts'
import { isAbortError } from '../../core/errors.ts'
import { RunProgress } from '../../monitor/run-progress.ts'
import { WorkflowAbortError, WorkflowError, type WorkflowResult } from '../../run/result.ts'
import type { ResolvedWorkflow } from '../../workflow/types.ts'
import { EXIT_CODES, exitCodeOf, type ExitCode } from '../terminal/exit-codes.ts'
import { quantityText } from '../terminal/format-numbers.ts'
import { makeOutputDirectory } from '../terminal/make-directory.ts'
import { loadTopologies } from './load-topologies.ts'
import { readWorkflow } from './read-workflow.ts'
import { showProgress } from '../terminal/progress.ts'
import { partialText, phaseLine, progressText, resultJson, resultText } from './run-report.ts'
import {
  interruptionOf,
  printError,
  printJson,
  printLine,
  printText,
  widthOf,
  type CommandIo,
} from '../terminal/command-io.ts'
import { UnhandledRejections } from './unhandled-rejections.ts'

/** The key of the note in a run's journal with the path of the topologies module. */
export const TOPOLOGIES_NOTE = 'topologies'

/** Options of the command. */
export interface RunCommandOptions {
  readonly topologies: string
  readonly out: string
  readonly id?: string
  readonly format?: Format
  readonly bufferSize?: number
  readonly concurrency?: number
  readonly json?: boolean
  readonly quiet?: boolean
  readonly debug?: boolean
}

/** Runs the command. Errors are printed on standard error. */
export async function runRun(file: string, options: RunCommandOptions, io: CommandIo): Promise<ExitCode> {
  return report(options, io, () => run(file, options, io))
}

/**
 * Calls `work` and prints the result of the run, or its error.
 *
 * @returns the exit code
 */
export async function report(
  { json = false, debug }: Pick<RunCommandOptions, 'json' | 'debug'>,
  io: CommandIo,
  work: () => Promise<WorkflowResult>,
): Promise<ExitCode> {
  try {
    const result = await work()
    if (json) await printJson(io, resultJson(result))
    else await printText(io, resultText(result, widthOf(io.stdout)))
    return printRejections(result, io) ? EXIT_CODES.failed : EXIT_CODES.done
  } catch (error) {
    if (error instanceof WorkflowError || error instanceof WorkflowAbortError) {
      if (json) await printJson(io, resultJson(error.result))
      const more = partialText(error.result)
      const reason = interruptionOf(error)
      if (reason !== undefined) printLine(io, `spillway: ${reason.message}. ${more}`)
      else printError(io, error instanceof WorkflowAbortError ? error.cause : error, { more, debug })
      printRejections(error.result, io)
      return reason?.exitCode ?? EXIT_CODES.failed
    }
    // Nothing was run, or the result cannot be printed.
    const reason = isAbortError(error) ? interruptionOf(error) : undefined
    printError(io, error, { debug })
    return reason?.exitCode ?? exitCodeOf(error)
  }
}

async function run(file: string, options: RunCommandOptions, io: CommandIo): Promise<WorkflowResult> {
  const topologies = await loadTopologies(options.topologies)
  const loaded = await readWorkflow(file, Object.keys(topologies))
  const workflow = withOptions(loaded, options)
  await makeOutputDirectory(options.out)
  const coordinator = new Coordinator({ outputDir: options.out, topologies })
  const notes = { [TOPOLOGIES_NOTE]: resolve(options.topologies) }
  return watch(coordinator, workflow, options, io, (signal) => coordinator.executeWorkflow(workflow, { signal, notes }))
}

/** Shows the progress of a run unless `quiet` is set, and stops the run on an unhandled promise rejection. */
export async function watch(
  coordinator: Coordinator,
  workflow: ResolvedWorkflow,
  { quiet = false }: Pick<RunCommandOptions, 'quiet'>,
  io: CommandIo,
  work: (signal: AbortSignal) => Promise<WorkflowResult>,
): Promise<WorkflowResult> {
  using unhandledRejections = new UnhandledRejections()
  const signal = AbortSignal.any([io.signal, unhandledRejections.signal])
  if (quiet) return await work(signal)
  const isTerminal = io.stderr.isTTY === true
  using progress = new RunProgress(
    workflow.phases.map(({ name }) => name),
    (phase) => {
      if (!isTerminal) printLine(io, phaseLine(phase))
    },
  )
  using _shown = await showProgress(io.stderr, () => {
    const streamer = coordinator.resultStreamers.get(progress.workflowId ?? '')
    return progressText(progress.phases, streamer?.stats)
  })
  return await work(signal)
}

/** Applies the options of the command line, which take precedence over the workflow file. */
function withOptions(workflow: ResolvedWorkflow, options: RunCommandOptions): ResolvedWorkflow {
  const { id = workflow.id, concurrency = workflow.concurrency, format, bufferSize } = options
  const { results } = workflow
  if (results === false) return { ...workflow, id, concurrency }
  const settings = {
    ...results,
    ...(format !== undefined && { format }),
    ...(bufferSize !== undefined && { buffer_size: bufferSize }),
  }
  return { ...workflow, id, concurrency, results: settings }
}

function printRejections({ counts, directory }: WorkflowResult, io: CommandIo): boolean {
  if (counts === null || counts.rejected === 0) return false
  const verb = counts.rejected === 1 ? 'was' : 'were'
  printLine(
    io,
    `spillway: ${quantityText(counts.rejected, 'record')} ${verb} rejected; see dead-letter.jsonl in ${directory}.`,
  )
  return true
}
