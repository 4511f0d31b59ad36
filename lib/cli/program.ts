/**
 * The commands of the command line, their options and their help.
 */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { COMPRESSIONS, FORMATS } from '../../sinks/record-sink-options.ts'
import { runConvert, type ConvertCommandOptions, type Shell } from './convert-command.ts'
import { EXIT_CODES, type ExitCode } from './exit-codes.ts'
import { INPUT_FORMATS } from './input-formats.ts'
import { packageVersion } from './package-version.ts'

/** Hands over the exit code of the command that ran. */
type Report = (code: ExitCode) => void

const CONVERT_EXAMPLES = `
Examples:
  $ spillway convert results.jsonl --out results.parquet
  $ spillway convert prices.csv.gz --out prices.jsonl
  $ spillway convert results.parquet --to csv --out - | head
  $ curl -s https://example.com/log.ndjson | spillway convert --from jsonl --out log.csv
  $ spillway convert results.csv --nest --out results.jsonl

Input that is not a record, and records that do not fit the output, go to the dead-letter file with the reason; the
rest is converted, and the exit code is 1.`

/**
 * Runs the command line.
 *
 * @param args - the words behind the name of the program
 * @returns the exit code; nothing is thrown for what a user does
 */
export async function runProgram(args: readonly string[], shell: Shell): Promise<ExitCode> {
  let code: ExitCode = EXIT_CODES.done
  const program = makeProgram(shell, (reported) => {
    code = reported
  })
  try {
    await program.parseAsync([...args], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    const wasAsked = error.code === 'commander.helpDisplayed' || error.code === 'commander.version'
    return wasAsked ? EXIT_CODES.done : EXIT_CODES.usage
  }
  return code
}

function makeProgram(shell: Shell, report: Report): Command {
  const program = new Command('spillway')
    .description('Streams records between JSONL, CSV and Parquet.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void shell.stdout.write(text),
      writeErr: (text) => void shell.stderr.write(text),
      outputError: (text, write) => {
        write(text.replace(/^error: /, 'spillway: '))
      },
    })
  addConvert(program, shell, report)
  return program
}

function addConvert(program: Command, shell: Shell, report: Report): void {
  program
    .command('convert')
    .summary('convert a file of records into another format')
    .description(
      'Converts records: JSONL, a JSON array, CSV, TSV or Parquet, text gzipped or not, into JSONL, CSV or Parquet.',
    )
    .argument('[in]', 'input file; standard input is - or none')
    .requiredOption('-o, --out <file>', 'output file, or - for standard output')
    .addOption(new Option('-t, --to <format>', 'output format (default: by the name of --out)').choices(FORMATS))
    .addOption(
      new Option('-f, --from <format>', 'input format (default: by the name of the input)').choices(INPUT_FORMATS),
    )
    .option('--delimiter <char>', 'what stands between the cells of CSV input (default: comma, or tab for TSV)')
    .option('--all-text', 'take every cell of CSV input for text')
    .option('--nest', 'turn dotted columns (a.b) back into nested objects')
    .addOption(
      new Option('--compression <kind>', 'of the output (default: snappy for Parquet, gzip for names in .gz)').choices(
        COMPRESSIONS,
      ),
    )
    .option('--overwrite', 'replace the output if it exists')
    .option('--dead-letter <file>', 'file of what was rejected (default: <out>.dead-letter.jsonl)')
    .option('--max-line-bytes <n>', 'longest line, CSV row or JSON element (default: 16777216)', byteCount)
    .option('-q, --quiet', 'say nothing unless something went wrong')
    .option('--debug', 'show the stack of an error')
    .addHelpText('after', CONVERT_EXAMPLES)
    .action(async (input: string | undefined, options: ConvertCommandOptions) => {
      report(await runConvert(input ?? '-', options, shell))
    })
}

function byteCount(given: string): number {
  const count = Number(given)
  if (!/^\d+$/.test(given) || !Number.isSafeInteger(count) || count < 1) {
    throw new InvalidArgumentError('Expected an integer from 1 up.')
  }
  return count
}
