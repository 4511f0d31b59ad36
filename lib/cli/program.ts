/**
 * The commands of the command line, their options and their help.
 */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { COMPRESSIONS, FORMATS } from '../../sinks/options.ts'
import { runConvert, type ConvertCommandOptions } from './convert/convert-command.ts'
import { EXIT_CODES, type ExitCode } from './terminal/exit-codes.ts'
import { INPUT_FORMATS } from '../reading/input-formats.ts'
import type { InspectCommandOptions } from './inspect-command.ts'
import { packageVersion } from '../core/package-version.ts'
import type { RepairCommandOptions } from './repair-command.ts'
import type { ResumeCommandOptions } from './run/resume-command.ts'
import type { RunCommandOptions } from './run/run-command.ts'
import type { CommandIo } from './terminal/command-io.ts'
import type { ValidateCommandOptions } from './validate-command.ts'
import type { VerifyCommandOptions } from './verify-command.ts'

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

const RUN_EXAMPLES = `
Examples:
  $ spillway run search.yaml --topologies topologies.ts --out results
  $ spillway run search.yaml --topologies topologies.js --out results --id nightly --format parquet --json

Ctrl-C stops the run in good order: what was accepted is written and committed. A second one gives that five seconds, a
third one ends the run at once. Exit codes: 0 completed, 1 failed or records were rejected, 2 nothing was run as the
command, the workflow or the topologies are not what they must be, 130 Ctrl-C, 143 SIGTERM.`

const RESUME_EXAMPLES = `
Examples:
  $ spillway resume results/nightly
  $ spillway resume results/nightly --workflow search.yaml --accept-changes analysis

What is in the files stays there; phases and containers that were done are left alone. A run that is complete is told of,
and nothing is run. Exit codes are those of run.`

/**
 * Runs the command line.
 *
 * @param args - the words behind the name of the program
 * @returns the exit code; nothing is thrown for what a user does
 */
export async function runProgram(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  let code: ExitCode = EXIT_CODES.done
  const program = makeProgram(io, (reported) => {
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

function makeProgram(io: CommandIo, report: Report): Command {
  const program = new Command('spillway')
    .description('Runs workflows of phases, and streams their records to JSONL, CSV and Parquet.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
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
  program
    .command('run')
    .summary('run a workflow')
    .description('Runs the phases of a workflow file (YAML or JSON) into a directory of its own, <out>/<id>/.')
    .argument('<workflow>', 'workflow file')
    .requiredOption('-t, --topologies <module>', 'module that exports the topologies, in JavaScript or TypeScript')
    .requiredOption('-o, --out <dir>', 'directory that the directory of the run is made in')
    .option('--id <id>', 'names the run (default: that of the file, or its name and the time)')
    .addOption(new Option('-f, --format <format>', 'format of the results').choices(FORMATS))
    .option('--buffer-size <n>', 'records that are buffered before they are written', count)
    .option('-c, --concurrency <n>', 'containers of a phase at once', count)
    .option('--json', 'print the result as JSON')
    .option('-q, --quiet', 'show no progress')
    .option('--debug', 'show the stack of an error')
    .addHelpText('after', RUN_EXAMPLES)
    .action(async (file: string, options: RunCommandOptions) => {
      // Loaded only now: other commands need nothing of it.
      const { runRun } = await import('./run/run-command.ts')
      report(await runRun(file, options, io))
    })
}

function addResume(program: Command, io: CommandIo, report: Report): void {
  program
    .command('resume')
    .summary('finish a run that was interrupted')
    .description('Goes on with a run that was killed, stopped or has failed, from where its files are.')
    .argument('<dir>', 'directory of the run')
    .option('-t, --topologies <module>', 'module that exports the topologies (default: that of the run)')
    .option('-w, --workflow <file>', 'workflow file, where it was changed (default: workflow.json of the run)')
    .option('--accept-changes [phase...]', 'accept changes of the workflow, and run these phases again')
    .option('--json', 'print the result as JSON')
    .option('-q, --quiet', 'show no progress')
    .option('--debug', 'show the stack of an error')
    .addHelpText('after', RESUME_EXAMPLES)
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
    .option('-t, --topologies <module>', 'check the names of the topologies against this module, too')
    .option('--debug', 'show the stack of an error')
    .action(async (file: string, options: ValidateCommandOptions) => {
      const { runValidate } = await import('./validate-command.ts')
      report(await runValidate(file, options, io))
    })
}

function addInspect(program: Command, io: CommandIo, report: Report): void {
  program
    .command('inspect')
    .summary('tell what is in the directory of a run')
    .description('Tells of the phases, files and aggregates of a run, while it goes on or when it has ended.')
    .argument('<dir>', 'directory of the run')
    .option('--json', 'print it as JSON')
    .option('--debug', 'show the stack of an error')
    .action(async (directory: string, options: InspectCommandOptions) => {
      const { runInspect } = await import('./inspect-command.ts')
      report(await runInspect(directory, options, io))
    })
}

function addVerify(program: Command, io: CommandIo, report: Report): void {
  program
    .command('verify')
    .summary('check whether the files of a run are whole')
    .description(
      'Checks the files of a run against its journal: sizes, checksums, rows and counts. Exit code 1: problems.',
    )
    .argument('<dir>', 'directory of the run')
    .option('--json', 'print it as JSON')
    .option('--debug', 'show the stack of an error')
    .action(async (directory: string, options: VerifyCommandOptions) => {
      const { runVerify } = await import('./verify-command.ts')
      report(await runVerify(directory, options, io))
    })
}

function addConvert(program: Command, io: CommandIo, report: Report): void {
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
    .option('--max-line-bytes <n>', 'longest line, CSV row or JSON element (default: 16777216)', count)
    .option('-q, --quiet', 'say nothing unless something went wrong')
    .option('--debug', 'show the stack of an error')
    .addHelpText('after', CONVERT_EXAMPLES)
    .action(async (input: string | undefined, options: ConvertCommandOptions) => {
      report(await runConvert(input ?? '-', options, io))
    })
}

function addRepair(program: Command, io: CommandIo, report: Report): void {
  program
    .command('repair')
    .summary('make a Parquet file, or the files of a run, readable that were cut short')
    .description(
      'Cuts a Parquet file back to its last complete footer, or all files of a run back to what was committed, in place.',
    )
    .argument('<path>', 'Parquet file that nobody writes any more, or directory of a run')
    .option('--json', 'print what was kept and removed as JSON')
    .option('--debug', 'show the stack of an error')
    .action(async (file: string, options: RepairCommandOptions) => {
      const { runRepair } = await import('./repair-command.ts')
      report(await runRepair(file, options, io))
    })
}

function count(given: string): number {
  const value = Number(given)
  if (!/^\d+$/.test(given) || !Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError('Expected an integer from 1 up.')
  }
  return value
}
