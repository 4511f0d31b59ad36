/**
 * `spillway repair`: cuts a Parquet file that was cut short back to its last complete footer.
 */
import { repairParquet, type ParquetRepair } from '../../sinks/repair-parquet.ts'
import { EXIT_CODES, type ExitCode } from './exit-codes.ts'
import { bytesText, quantityText } from './figures.ts'
import { sayError, type Shell } from './shell.ts'

/** Options of the command. */
export interface RepairCommandOptions {
  readonly json?: boolean
  readonly debug?: boolean
}

/** Runs the command; whatever goes wrong is said on standard error. */
export async function runRepair(file: string, options: RepairCommandOptions, shell: Shell): Promise<ExitCode> {
  const { json = false, debug } = options
  try {
    const repair = await repairParquet(file)
    shell.stdout.write(`${json ? JSON.stringify(repair, null, 2) : repairText(repair)}\n`)
    return EXIT_CODES.done
  } catch (error) {
    sayError(shell, error, { debug })
    return EXIT_CODES.failed
  }
}

function repairText({ path, rows, rowGroups, removedBytes }: ParquetRepair): string {
  const kept = `${quantityText(rows, 'row')} in ${quantityText(rowGroups, 'row group')}`
  if (removedBytes === 0) return `${path}: complete already, with ${kept}; nothing was changed`
  return `${path}: cut to its last complete footer: ${kept} kept, ${bytesText(removedBytes)} behind it removed`
}
