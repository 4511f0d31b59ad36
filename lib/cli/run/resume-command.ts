/**
 * `spillway resume`: finishes an interrupted run.
 */
import { resolve } from 'node:path'
import { Coordinator } from '../../coordinator.ts'
import { readRunState } from '../../journal/reader.ts'
import { resolveLink } from '../../journal/run-files.ts'
import { SpillwayError } from '../../core/errors.ts'
import type { WorkflowResult } from '../../run/result.ts'
import type { ExitCode } from '../terminal/exit-codes.ts'
import { expectRun } from './expect-run.ts'
import { loadTopologies } from './load-topologies.ts'
import { readWorkflow } from './read-workflow.ts'
import { report, TOPOLOGIES_NOTE, watch } from './run-command.ts'
import { printLine, type CommandIo } from '../terminal/command-io.ts'

/** Options of the command. */
export interface ResumeCommandOptions {
  readonly topologies?: string
  readonly workflow?: string
  /** `true` when no phases are named. */
  readonly acceptChanges?: readonly string[] | true
  readonly json?: boolean
  readonly quiet?: boolean
  readonly debug?: boolean
}

/** Runs the command. Errors are printed on standard error. */
export async function runResume(directory: string, options: ResumeCommandOptions, io: CommandIo): Promise<ExitCode> {
  return report(options, io, async () => {
    const result = await resume(directory, options, io)
    if (result.wasComplete) printLine(io, `spillway: the run in ${directory} is already complete; nothing was run.`)
    return result
  })
}

async function resume(directory: string, options: ResumeCommandOptions, io: CommandIo): Promise<WorkflowResult> {
  await expectRun(directory)
  const { workflow: written } = await readRunState(directory)
  const module = options.topologies ?? written?.notes[TOPOLOGIES_NOTE]
  if (module === undefined) {
    throw new SpillwayError(
      'ERR_SPILLWAY_OPTION',
      'The run does not record the module of its topologies. Name the module with --topologies',
    )
  }
  const topologies = await loadTopologies(module)
  const workflow =
    options.workflow === undefined ? undefined : await readWorkflow(options.workflow, Object.keys(topologies))
  const { acceptChanges } = options
  const coordinator = new Coordinator({ outputDir: resolve(await resolveLink(directory), '..'), topologies })
  const shown = workflow ?? written?.workflow
  if (shown === undefined) return coordinator.resumeWorkflow(directory)
  return watch(coordinator, shown, options, io, (signal) =>
    coordinator.resumeWorkflow(directory, {
      signal,
      ...(workflow !== undefined && { workflow }),
      ...(acceptChanges !== undefined && { acceptChanges: acceptChanges === true ? [] : acceptChanges }),
    }),
  )
}
