/**
 * The commands of the command line, their options and their help.
 */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { COMPRESSIONS, FORMATS } from '../../sinks/options.ts'
import { runConvert, type ConvertCommandOptions } from './convert/convert-command.ts'
import { SpillwayError } from '../core/errors.ts'
import { escapeLines } from './terminal/escape-text.ts'
import { EXIT_CODES, exitCodeOf, type ExitCode } from './terminal/exit-codes.ts'
import { INPUT_FORMATS } from '../reading/input-formats.ts'
import type { InspectCommandOptions } from './inspect-command.ts'
import { packageVersion } from '../core/package-version.ts'
import type { RepairCommandOptions } from './repair-command.ts'
import type { ResumeCommandOptions } from './run/resume-command.ts'
import type { RunCommandOptions } from './run/run-command.ts'
import { printError, printText, widthOf, type CommandIo, type OutputStream } from './terminal/command-io.ts'
import type { ValidateCommandOptions } from './validate-command.ts'
import type { VerifyCommandOptions } from './verify-command.ts'

/** Receives the exit code of the command that ran. */
type Report = (code: ExitCode) => void

/** Longer lines of help are hard to read. */
const MAX_HELP_WIDTH = 120

/** Descriptions of options are wrapped unless less than this is left for them. */
const MIN_HELP_WIDTH = 20

const CONVERT_EXAMPLES = `
Examples:
  $ spillway convert results.jsonl --out results.parquet
  $ spillway convert prices.csv.gz --out prices.jsonl
  $ spillway convert results.parquet --to csv --out - | head
  $ curl -s https://example.com/log.ndjson | spillway convert --from jsonl --out log.csv
  $ spillway convert results.csv --nest --out results.jsonl

Input that is not a record, and records that do not fit the output, go to the dead-letter file with the reason. The rest is converted, and the exit code is 1.`

const RUN_EXAMPLES = `
Examples:
  $ spillway run search.yaml --topologies topologies.ts --out results
  $ spillway run search.yaml --topologies topologies.js --out results --id nightly --format parquet --json

Ctrl-C stops the run cleanly: accepted records are written and committed. A second Ctrl-C limits this to five seconds. A third one ends the process at once. Exit codes: 0 completed; 1 failed, or records were rejected; 2 nothing was run, because the command, the workflow or the topologies are invalid; 130 Ctrl-C; 143 SIGTERM.`

const RESUME_EXAMPLES = `
Examples:
  $ spillway resume results/nightly
  $ spillway resume results/nightly --workflow search.yaml --accept-changes analysis

Committed records stay in the files. Completed phases and containers are not run again. For a completed run, the stored result is printed and nothing is run. The exit codes are those of run.`

/**
 * Runs the command line.
 *
 * @param args - the arguments after the program name
 * @returns the exit code; a mistake of the user is printed and never thrown
 */
export async function runProgram(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  let code: ExitCode = EXIT_CODES.done
  const asked: string[] = []
  const program = makeProgram(io, asked, (reported) => {
    code = reported
  })
  try {
    await program.parseAsync([...args], { from: 'user' })
    return code
  } catch (error) {
    if (!(error instanceof CommanderError)) return printFailure(io, error)
    const wasAsked = error.code === 'commander.helpDisplayed' || error.code === 'commander.version'
    if (!wasAsked) return EXIT_CODES.usage
  }
  try {
    await printText(io, asked.join('').trimEnd())
    return EXIT_CODES.done
  } catch (error) {
    return printFailure(io, error)
  }
}

/** Prints that standard output cannot be written. Any other error is one of the program, and is thrown. */
function printFailure(io: CommandIo, error: unknown): ExitCode {
  if (!(error instanceof SpillwayError)) throw error
  printError(io, error)
  return exitCodeOf(error)
}

/** @param asked - takes the help or the version, which the user asked for */
function makeProgram(io: CommandIo, asked: string[], report: Report): Command {
  const program = new Command('spillway')
    .description('Runs workflows of phases, and streams their records to JSONL, CSV and Parquet.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .exitOverride()
    .configureHelp({ minWidthToWrap: MIN_HELP_WIDTH })
    .configureOutput({
      writeOut: (text) => void asked.push(text),
      writeErr: (text) => void io.stderr.write(escapeLines(text)),
      getOutHelpWidth: () => helpWidth(io.stdout),
      getErrHelpWidth: () => helpWidth(io.stderr),
      outputError: (text, write) => {
        write(text.replace(/^error: /, 'spillway: '))
      },
    })
  addRun(program, io, report)
  addResume(program, io, report)
  addValidate(program, io, report)
  addInspect(program, io, report)
  addVerify(program, io, report)
  addConvert(program, io, report)
  addRepair(program, io, report)
  return program
}

function addRun(program: Command, io: CommandIo, report: Report): void {
  const topologies = new Option(
    '-t, --topologies <module>',
    'module that exports the topologies, in JavaScript or TypeScript',
  )
  const out = new Option('-o, --out <dir>', 'directory in which the run directory is created')
  program
    .command('run')
    .summary('run a workflow')
    .description('Runs the phases of a workflow file (YAML or JSON). The run gets its own directory, <out>/<id>/.')
    .argument('<workflow>', 'workflow file')
    .addOption(topologies)
    .addOption(out)
    .option('--id <id>', 'id of the run (default: the id in the file, or its name and the time)')
    .addOption(new Option('-f, --format <format>', 'format of the results').choices(FORMATS))
    .option('--buffer-size <n>', 'records to buffer before they are written', count)
    .option('-c, --concurrency <n>', 'containers of a phase that run at the same time', count)
    .option('--json', 'print the result as JSON')
    .option('-q, --quiet', 'print no progress')
    .option('--debug', 'print the stack of an error')
    .hook('preAction', expectOptions(topologies, out))
    .addHelpText('after', wrapped(io, RUN_EXAMPLES))
    .action(async (file: string, options: RunCommandOptions) => {
      // Loaded on first use, because the other commands do not need it.
      const { runRun } = await import('./run/run-command.ts')
      report(await runRun(file, options, io))
    })
}

function addResume(program: Command, io: CommandIo, report: Report): void {
  program
    .command('resume')
    .summary('finish an interrupted run')
    .description('Continues a run that was killed or stopped, or that failed, after the records that are committed.')
    .argument('<dir>', 'directory of the run')
    .option('-t, --topologies <module>', 'module that exports the topologies (default: the module of the run)')
    .option('-w, --workflow <file>', 'workflow file, if it was changed (default: workflow.json of the run)')
    .option('--accept-changes [phase...]', 'accept changes of the workflow, and run these phases again')
    .option('--json', 'print the result as JSON')
    .option('-q, --quiet', 'print no progress')
    .option('--debug', 'print the stack of an error')
    .addHelpText('after', wrapped(io, RESUME_EXAMPLES))
    .action(async (directory: string, options: ResumeCommandOptions) => {
      const { runResume } = await import('./run/resume-command.ts')
      report(await runResume(directory, options, io))
    })
}

function addValidate(program: Command, io: CommandIo, report: Report): void {
  program
    .command('validate')
    .summary('check a workflow file')
    .description('Checks a workflow file, and prints its phases in the order of their dependencies.')
    .argument('<workflow>', 'workflow file')
    .option('-t, --topologies <module>', 'also check the names of the topologies against this module')
    .option('--debug', 'print the stack of an error')
    .action(async (file: string, options: ValidateCommandOptions) => {
      const { runValidate } = await import('./validate-command.ts')
      report(await runValidate(file, options, io))
    })
}

function addInspect(program: Command, io: CommandIo, report: Report): void {
  program
    .command('inspect')
    .summary('show the contents of a run directory')
    .description('Prints the phases, files and aggregates of a run that is in progress or has ended.')
    .argument('<dir>', 'directory of the run')
    .option('--json', 'print the report as JSON')
    .option('--debug', 'print the stack of an error')
    .action(async (directory: string, options: InspectCommandOptions) => {
      const { runInspect } = await import('./inspect-command.ts')
      report(await runInspect(directory, options, io))
    })
}

function addVerify(program: Command, io: CommandIo, report: Report): void {
  program
    .command('verify')
    .summary('check that the files of a run are intact')
    .description(
      'Checks the files of a run against its journal: sizes, checksums, rows and counts. Exit code 1: problems found; the commands that mend them are printed.',
    )
    .argument('<dir>', 'directory of the run')
    .option('--json', 'print the report as JSON')
    .option('--debug', 'print the stack of an error')
    .action(async (directory: string, options: VerifyCommandOptions) => {
      const { runVerify } = await import('./verify-command.ts')
      report(await runVerify(directory, options, io))
    })
}

function addConvert(program: Command, io: CommandIo, report: Report): void {
  const out = new Option('-o, --out <file>', 'output file, or - for standard output')
  program
    .command('convert')
    .summary('convert a file of records into another format')
    .description(
      'Converts JSONL, a JSON array, CSV, TSV or Parquet to JSONL, CSV or Parquet. Text input may be gzipped.',
    )
    .argument('[in]', 'input file; - or no argument reads standard input')
    .addOption(out)
    .addOption(new Option('-t, --to <format>', 'output format (default: by the name of --out)').choices(FORMATS))
    .addOption(
      new Option('-f, --from <format>', 'input format (default: by the name of the input)').choices(INPUT_FORMATS),
    )
    .option(
      '--encoding <name>',
      'encoding of text input, such as windows-1252 (default: utf-8, or its byte order mark)',
    )
    .option('--path <keys>', 'place of the array in JSON input, such as data.items (default: the whole document)')
    .option('--delimiter <char>', 'character between the cells of CSV input (default: found in it, or tab for TSV)')
    .option('--quote <char>', 'character around cells of CSV input; an empty one means none (default: ")')
    .option('--escape <char>', 'character before a quote within a quoted cell (default: the quote)')
    .option('--comment <text>', 'skip lines of CSV input that begin with this')
    .option('--trim', 'remove white space around the cells of CSV input')
    .option('--relax-quotes', 'take misplaced quotes in CSV input as they are')
    .option('--no-header', 'name the columns of CSV input by number, as its first row has no names')
    .option('--skip-lines <n>', 'lines of CSV input before its header', count)
    .option('--rename-duplicates', 'call the second CSV column a of a header a_2')
    .option('--all-text', 'read every cell of CSV input as text')
    .addOption(
      new Option('--binary <form>', 'what BYTE_ARRAY without a type is in Parquet input (default: bytes)').choices([
        'bytes',
        'text',
      ]),
    )
    .option(
      '--out-delimiter <char>',
      'character between the cells of CSV output (default: comma, or tab for .tsv names)',
    )
    .option('--bom', 'begin CSV output with a byte order mark, for Excel')
    .option('--escape-formulas', "write ' before text of CSV output that a spreadsheet would run")
    .option(
      '--timestamps',
      'make timestamps and dates of Parquet where all text of a column is ISO 8601 in UTC, or days',
    )
    .option('--integers', 'make INT64 of Parquet where all numbers of a column are integers')
    .option('--lists', 'make LIST of Parquet where the values of the arrays of a column have one type')
    .option('--nest', 'turn dotted columns (a.b) back into nested objects')
    .addOption(
      new Option('--compression <kind>', 'of the output (default: snappy for Parquet, gzip for .gz names)').choices(
        COMPRESSIONS,
      ),
    )
    .option('--overwrite', 'replace the output if it exists')
    .option('--dead-letter <file>', 'file for rejected records (default: <out>.dead-letter.jsonl)')
    .option('--max-line-bytes <n>', 'longest line, CSV row or JSON element (default: 16777216)', count)
    .option('-q, --quiet', 'print only errors and rejections')
    .option('--debug', 'print the stack of an error')
    .hook('preAction', expectOptions(out))
    .addHelpText('after', wrapped(io, CONVERT_EXAMPLES))
    .action(async (input: string | undefined, options: ConvertCommandOptions) => {
      report(await runConvert(input ?? '-', options, io))
    })
}

function addRepair(program: Command, io: CommandIo, report: Report): void {
  program
    .command('repair')
    .summary('make a truncated Parquet file, or the files of a run, readable again')
    .description(
      'Truncates a Parquet file after its last complete footer, or all files of a run after their last commit, in place. Files of a run that its journal has all of are made anew. Exit code 1: it cannot mend everything.',
    )
    .argument('<path>', 'Parquet file that no process writes to, or directory of a run')
    .option('--json', 'print what was kept and removed as JSON')
    .option('--debug', 'print the stack of an error')
    .action(async (file: string, options: RepairCommandOptions) => {
      const { runRepair } = await import('./repair-command.ts')
      report(await runRepair(file, options, io))
    })
}

/** Checks the options that a command needs after the unknown ones were named, and names all that are missing. */
function expectOptions(...needed: readonly Option[]): (command: Command) => void {
  return (command) => {
    const missing = needed.filter((option) => command.getOptionValue(option.attributeName()) === undefined)
    if (missing.length === 0) return
    const names = missing.map(({ flags }) => `'${flags}'`).join(' and ')
    command.error(`error: required option${missing.length === 1 ? '' : 's'} ${names} not specified`)
  }
}

/** The text behind the help of a command, with lines that fit the terminal. */
function wrapped(
  io: CommandIo,
  text: string,
): (context: { readonly command: Command; readonly error: boolean }) => string {
  return ({ command, error }) => command.createHelp().boxWrap(text, helpWidth(error ? io.stderr : io.stdout))
}

function helpWidth(stream: OutputStream): number {
  return Math.min(MAX_HELP_WIDTH, widthOf(stream))
}

function count(given: string): number {
  const value = Number(given)
  if (!/^\d+$/.test(given) || !Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError('Expected an integer from 1 up.')
  }
  return value
}
