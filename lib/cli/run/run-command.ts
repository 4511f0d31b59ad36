/**
 * `spillway run` from its options to its exit code: loads the workflow and its topologies, runs it, and says what came
 * of it.
 */
import { resolve } from 'node:path'
import type { Format } from '../../../sinks/options.ts'
import { Coordinator } from '../../coordinator.ts'
import { isAbortError, messageOf } from '../../core/errors.ts'
import { RunProgress } from '../../monitor/run-progress.ts'
import { WorkflowAbortError, WorkflowError, type WorkflowResult } from '../../run/result.ts'
import { loadWorkflow } from '../../workflow/file.ts'
import type { ResolvedWorkflow } from '../../workflow/types.ts'
import { EXIT_CODES, type ExitCode } from '../exit-codes.ts'
import { quantityText } from '../format-numbers.ts'
import { loadTopologies } from './load-topologies.ts'
import { showProgress } from '../progress.ts'
import { partialText, phaseLine, progressText, resultJson, resultText } from './run-report.ts'
import { interruptionOf, say, sayError, type Shell } from '../command-io.ts'
import { StrayRejections } from './unhandled-rejections.ts'

/** The note in a run's journal that tells where its topologies are. */
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

/** Runs the command; whatever goes wrong is said on standard error. */
export async function runRun(file: string, options: RunCommandOptions, shell: Shell): Promise<ExitCode> {
  return report(options, shell, () => run(file, options, shell))
}

/**
 * Runs a workflow, and says what has come of it.
 *
 * @returns the exit code
 */
export async function report(
  { json = false, debug }: Pick<RunCommandOptions, 'json' | 'debug'>,
  shell: Shell,
  work: () => Promise<WorkflowResult>,
): Promise<ExitCode> {
  try {
    const result = await work()
    shell.stdout.write(`${json ? resultJson(result) : resultText(result)}\n`)
    return sayRejections(result, shell) ? EXIT_CODES.failed : EXIT_CODES.done
  } catch (error) {
    if (error instanceof WorkflowError || error instanceof WorkflowAbortError) {
      if (json) shell.stdout.write(`${resultJson(error.result)}\n`)
      const more = partialText(error.result)
      const reason = interruptionOf(error)
      if (reason !== undefined) say(shell, `spillway: ${reason.message}. ${more}`)
      else
        sayError(shell, error, {
          message: messageOf(error instanceof WorkflowAbortError ? error.cause : error),
          more,
          debug,
        })
      sayRejections(error.result, shell)
      return reason?.exitCode ?? EXIT_CODES.failed
    }
    // Nothing was run.
    const reason = isAbortError(error) ? interruptionOf(error) : undefined
    sayError(shell, error, { debug })
    return reason?.exitCode ?? EXIT_CODES.usage
  }
}

async function run(file: string, options: RunCommandOptions, shell: Shell): Promise<WorkflowResult> {
  const topologies = await loadTopologies(options.topologies)
  const loaded = await loadWorkflow(file, { topologies: Object.keys(topologies) })
  const workflow = withOptions(loaded, options)
  const coordinator = new Coordinator({ outputDir: options.out, topologies })
  const notes = { [TOPOLOGIES_NOTE]: resolve(options.topologies) }
  return watch(coordinator, workflow, options, shell, (signal) =>
    coordinator.executeWorkflow(workflow, { signal, notes }),
  )
}

/** Shows how far a workflow is while it runs, unless it is to be quiet; and stops it for failures nobody has met. */
export async function watch(
  coordinator: Coordinator,
  workflow: ResolvedWorkflow,
  { quiet = false }: Pick<RunCommandOptions, 'quiet'>,
  shell: Shell,
  work: (signal: AbortSignal) => Promise<WorkflowResult>,
): Promise<WorkflowResult> {
  using strays = new StrayRejections()
  const signal = AbortSignal.any([shell.signal, strays.signal])
  if (quiet) return await work(signal)
  const isTerminal = shell.stderr.isTTY === true
  using progress = new RunProgress(
    workflow.phases.map(({ name }) => name),
    (phase) => {
      if (!isTerminal) say(shell, phaseLine(phase))
    },
  )
  using _shown = await showProgress(shell.stderr, () => {
    const streamer = coordinator.resultStreamers.get(progress.workflowId ?? '')
    return progressText(progress.phases, streamer?.stats)
  })
  return await work(signal)
}

/** What the command line says goes before what the file says. */
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

function sayRejections({ counts, directory }: WorkflowResult, shell: Shell): boolean {
  if (counts === null || counts.rejected === 0) return false
  const verb = counts.rejected === 1 ? 'was' : 'were'
  say(
    shell,
    `spillway: ${quantityText(counts.rejected, 'record')} ${verb} rejected; see dead-letter.jsonl in ${directory}.`,
  )
  return true
}
