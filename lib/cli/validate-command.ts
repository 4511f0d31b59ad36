/**
 * `spillway validate`: checks whether a workflow can be run, and prints the order of its phases.
 */
import { orderPhases } from '../workflow/phase-order.ts'
import { escapeText } from './terminal/escape-text.ts'
import { EXIT_CODES, exitCodeOf, type ExitCode } from './terminal/exit-codes.ts'
import { quantityText } from './terminal/format-numbers.ts'
import { loadTopologies } from './run/load-topologies.ts'
import { readWorkflow } from './run/read-workflow.ts'
import { printError, printText, type CommandIo } from './terminal/command-io.ts'

/** Options of the command. */
export interface ValidateCommandOptions {
  readonly topologies?: string
  readonly debug?: boolean
}

/** Runs the command. Problems are printed on standard error. */
export async function runValidate(file: string, options: ValidateCommandOptions, io: CommandIo): Promise<ExitCode> {
  const { topologies: module, debug } = options
  try {
    const known = module === undefined ? undefined : Object.keys(await loadTopologies(module))
    const { name, phases } = await readWorkflow(file, known)
    const lines = orderPhases(phases).map(({ name: phase, topology, depends_on }, index) => {
      const after = depends_on.length === 0 ? '' : `, after ${depends_on.join(', ')}`
      return escapeText(`  ${index + 1}. ${phase}: ${topology}${after}`)
    })
    const title = escapeText(`${file}: ${name} is a workflow of ${quantityText(phases.length, 'phase')}`)
    await printText(io, [title, ...lines].join('\n'))
    return EXIT_CODES.done
  } catch (error) {
    printError(io, error, { debug })
    return exitCodeOf(error)
  }
}
