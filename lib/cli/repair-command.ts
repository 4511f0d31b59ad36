/**
 * `spillway repair`: truncates an incomplete Parquet file after its last complete footer, or the files of a run after
 * their last commit, and makes those anew that the journal has all of.
 */
import { problemText } from '../recovery/problems.ts'
import { repairRun, type RunRepair } from '../recovery/repair.ts'
import { repairParquet, type ParquetRepair } from '../../sinks/readers/repair-parquet.ts'
import { escapeText } from './terminal/escape-text.ts'
import { EXIT_CODES, exitCodeOf, type ExitCode } from './terminal/exit-codes.ts'
import { bytesText, quantityText } from './terminal/format-numbers.ts'
import { isRunDirectory } from './run/expect-run.ts'
import { printError, printJson, printText, type CommandIo } from './terminal/command-io.ts'
import { remedyLines } from './verify-command.ts'

/** Options of the command. */
export interface RepairCommandOptions {
  readonly json?: boolean
  readonly debug?: boolean
}

/** Runs the command. Errors are printed on standard error. */
export async function runRepair(path: string, options: RepairCommandOptions, io: CommandIo): Promise<ExitCode> {
  const { json = false, debug } = options
  try {
    const isDirectory = await isRunDirectory(path)
    const repair = isDirectory ? await repairRun(path) : await repairParquet(path)
    const text = 'cut' in repair ? runText(repair) : parquetText(repair)
    if (json) await printJson(io, repair)
    else await printText(io, text)
    return 'problems' in repair && repair.problems.length > 0 ? EXIT_CODES.failed : EXIT_CODES.done
  } catch (error) {
    printError(io, error, { debug })
    return exitCodeOf(error)
  }
}

function parquetText({ path, rows, rowGroups, removedBytes }: ParquetRepair): string {
  const kept = `${quantityText(rows, 'row')} in ${quantityText(rowGroups, 'row group')}`
  if (removedBytes === 0) return `${escapeText(path)}: already complete, with ${kept}; nothing was changed`
  return `${escapeText(path)}: truncated after its last complete footer: ${kept} kept, ${bytesText(removedBytes)} removed`
}

function runText({ workflowId, cut, mended, problems, remedies, rows }: RunRepair): string {
  const lines = [
    ...cut.map(({ file, removedBytes }) => `${file}: removed ${bytesText(removedBytes)} that were not committed`),
    ...mended.map((problem) => `MENDED: ${problemText(problem)}`),
    ...problems.map((problem) => `PROBLEM: ${problemText(problem)}`),
  ]
  const changed = cut.length + mended.length === 0 ? 'nothing was changed' : 'all files are complete now'
  const end = problems.length === 0 ? changed : `${quantityText(problems.length, 'problem')} that a repair cannot mend`
  const summary = `run ${workflowId}: ${quantityText(rows, 'row')} committed; ${end}`
  return [...lines.map(escapeText), escapeText(summary), ...remedyLines(remedies)].join('\n')
}
