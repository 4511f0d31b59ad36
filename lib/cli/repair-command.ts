/**
 * `spillway repair`: truncates an incomplete Parquet file after its last complete footer, or the files of a run after
 * their last commit.
 */
import { stat } from 'node:fs/promises'
import { repairRun, type RunRepair } from '../recovery/repair.ts'
import { repairParquet, type ParquetRepair } from '../../sinks/readers/repair-parquet.ts'
import { EXIT_CODES, type ExitCode } from './terminal/exit-codes.ts'
import { bytesText, quantityText } from './terminal/format-numbers.ts'
import { printError, type CommandIo } from './terminal/command-io.ts'

/** Options of the command. */
export interface RepairCommandOptions {
  readonly json?: boolean
  readonly debug?: boolean
}

/** Runs the command. Errors are printed on standard error. */
export async function runRepair(path: string, options: RepairCommandOptions, io: CommandIo): Promise<ExitCode> {
  const { json = false, debug } = options
  try {
    const isDirectory = (await stat(path)).isDirectory()
    const repair = isDirectory ? await repairRun(path) : await repairParquet(path)
    const text = 'cut' in repair ? runText(repair) : parquetText(repair)
    io.stdout.write(`${json ? JSON.stringify(repair, null, 2) : text}\n`)
    return EXIT_CODES.done
  } catch (error) {
    printError(io, error, { debug })
    return EXIT_CODES.failed
  }
}

function parquetText({ path, rows, rowGroups, removedBytes }: ParquetRepair): string {
  const kept = `${quantityText(rows, 'row')} in ${quantityText(rowGroups, 'row group')}`
  if (removedBytes === 0) return `${path}: already complete, with ${kept}; nothing was changed`
  return `${path}: truncated after its last complete footer: ${kept} kept, ${bytesText(removedBytes)} removed`
}

function runText({ workflowId, cut, rows }: RunRepair): string {
  const lines = cut.map(
    ({ file, removedBytes }) => `${file}: removed ${bytesText(removedBytes)} that were not committed`,
  )
  const end = cut.length === 0 ? 'nothing was changed' : 'all files are complete now'
  return [...lines, `run ${workflowId}: ${quantityText(rows, 'row')} committed; ${end}`].join('\n')
}
