/**
 * The options of `spillway convert`, checked and completed before any file is opened.
 */
import type { Readable, Writable } from 'node:stream'
import { expectValue, integerFrom, text, type Check } from '../../core/options.ts'
import { SpillwayError } from '../../core/errors.ts'
import {
  DIALECT_DEFAULTS,
  dialectChecks,
  refuseAmbiguity,
  type CsvInputOptions,
} from '../../../transforms/parsing/csv-dialect.ts'
import { encodingCheck } from '../../../transforms/parsing/input-text.ts'
import { hasCompression, type Compression, type Format, type OnExisting } from '../../../sinks/options.ts'
import type { InferredTypes } from '../../../sinks/columns/inferred-types.ts'
import type { CsvDialectOptions } from '../../../sinks/text/csv-dialect.ts'
import type { CommandIo } from '../terminal/command-io.ts'
import { inputFormatOf, isGzipName, isZstdName, outputKindOf, type InputFormat } from '../../reading/input-formats.ts'

/** The options of the command, as the user gave them. */
export interface ConvertOptions extends CsvInputOptions {
  readonly out: string
  readonly to?: Format
  readonly from?: InputFormat
  readonly encoding?: string
  readonly path?: string
  readonly binary?: 'bytes' | 'text'
  readonly outDelimiter?: string
  readonly bom?: boolean
  readonly escapeFormulas?: boolean
  readonly timestamps?: boolean
  readonly integers?: boolean
  readonly lists?: boolean
  readonly compression?: Compression
  readonly nest?: boolean
  readonly allText?: boolean
  readonly overwrite?: boolean
  readonly deadLetter?: string
  readonly maxLineBytes?: number
}

/** A conversion with all options resolved. */
export interface ConversionPlan {
  readonly from: InputFormat
  /** Path of the input, or a stream. */
  readonly source: string | Readable
  /** The form of CSV input. */
  readonly dialect: CsvInputOptions
  readonly encoding: string | undefined
  /** Where the array of JSON input is. */
  readonly jsonPath: string | undefined
  /** What BYTE_ARRAY without an annotation is in Parquet input. */
  readonly binary: 'bytes' | 'text'
  readonly to: Format
  /** Path of the output, or a stream. */
  readonly target: string | Writable
  /** The form of CSV output. */
  readonly csv: CsvDialectOptions
  /** The types of columns that are inferred by choice. */
  readonly types: Required<InferredTypes>
  /** Undefined means the default of the format. */
  readonly compression: Compression | undefined
  readonly nest: boolean
  readonly allText: boolean
  readonly overwrite: boolean
  readonly deadLetterPath: string
  /** What to do with a dead-letter file of an earlier run. */
  readonly onDeadLetters: OnExisting
  readonly maxLineBytes: number | undefined
}

/** The path that means standard input or output. */
const STANDARD = '-'

/**
 * Checks the options and completes them: formats from file names, and defaults.
 *
 * @param input - path of the input, or `-`
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION` for options that are invalid or contradict each other
 */
export function planConversion(
  input: string,
  options: ConvertOptions,
  streams: Pick<CommandIo, 'stdin' | 'stdout'>,
): ConversionPlan {
  const from = options.from ?? guessInput(input)
  const to = options.to ?? guessOutput(options.out)
  const isCsv = from === 'csv' || from === 'tsv'
  if (input === STANDARD && streams.stdin.isTTY === true) {
    throw misuse('There is no input: name a file, or pipe data to standard input')
  }
  if (input === STANDARD && from === 'parquet') {
    throw misuse('Parquet cannot be read from standard input, because its footer is read first: name a file')
  }
  if (options.out === STANDARD && to === 'parquet' && streams.stdout.isTTY === true) {
    throw misuse('Parquet is binary and is not written to a terminal: name a file with --out')
  }
  if (to !== 'parquet' && isZstdName(options.out)) {
    throw misuse('Text is not written with zstd: choose a name in .gz, or pipe the output (--out -) to zstd')
  }
  if (!isCsv) refuse({ ...CSV_FLAGS, allText: '--all-text' }, options, `CSV input, and the input is ${from}`)
  if (to !== 'parquet') refuse(TYPE_FLAGS, options, `Parquet output, and the output is ${to}`)
  if (from === 'parquet') refuse(TYPE_FLAGS, options, 'text input, and the columns of parquet have types')
  if (to !== 'csv') refuse(CSV_OUTPUT_FLAGS, options, `CSV output, and the output is ${to}`)
  if (options.encoding !== undefined && from === 'parquet') {
    throw misuse('--encoding is for text, and the input is parquet')
  }
  if (options.path !== undefined) {
    if (from !== 'json') throw misuse(`--path is for JSON documents, and the input is ${from}`)
    expectValue('--path', options.path, text)
  }
  if (options.binary !== undefined && from !== 'parquet') {
    throw misuse(`--binary is for Parquet input, and the input is ${from}`)
  }
  if (options.encoding !== undefined) expectValue('--encoding', options.encoding, encodingCheck)
  if (options.compression !== undefined && !hasCompression(to, options.compression)) {
    throw misuse(`--compression ${options.compression} is for Parquet, and the output is ${to}: choose gzip or none`)
  }
  if (options.maxLineBytes !== undefined) expectValue('--max-line-bytes', options.maxLineBytes, integerFrom(1))
  const overwrite = options.overwrite ?? false
  return {
    from,
    source: input === STANDARD ? streams.stdin : input,
    dialect: isCsv ? dialectOf(options, from) : {},
    encoding: options.encoding,
    jsonPath: options.path,
    binary: options.binary ?? 'bytes',
    to,
    target: options.out === STANDARD ? streams.stdout : options.out,
    types: {
      timestamps: options.timestamps === true ? 'infer' : 'text',
      integers: options.integers === true ? 'infer' : 'double',
      // Lists of a Parquet file are lists, also where another column of it has no type for the schema.
      lists: options.lists === true || (from === 'parquet' && to === 'parquet') ? 'list' : 'json',
    },
    csv: to === 'csv' ? outputDialectOf(options) : {},
    compression: options.compression ?? (to !== 'parquet' && isGzipName(options.out) ? 'gzip' : undefined),
    nest: options.nest ?? false,
    allText: options.allText ?? false,
    overwrite,
    deadLetterPath: options.deadLetter ?? defaultDeadLetterPath(input, options.out),
    // Without an output file, a conversion is not distinguishable from an earlier one: append, do not refuse or delete.
    onDeadLetters: overwrite ? 'overwrite' : options.out === STANDARD ? 'append' : 'error',
    maxLineBytes: options.maxLineBytes,
  }
}

function guessInput(input: string): InputFormat {
  const guess = input === STANDARD ? undefined : inputFormatOf(input)
  if (guess !== undefined) return guess
  const place = input === STANDARD ? 'standard input, which has no name' : `the name ${input}`
  throw misuse(`The format cannot be derived from ${place}: add --from jsonl, json, csv, tsv or parquet`)
}

function guessOutput(out: string): Format {
  const guess = out === STANDARD ? undefined : outputKindOf(out)?.format
  if (guess !== undefined) return guess
  if (inputFormatOf(out) === 'json') {
    throw misuse('JSON documents can be read but not written: write JSON lines with --to jsonl')
  }
  const place = out === STANDARD ? 'standard output, which has no name' : `the name ${out}`
  throw misuse(`The format cannot be derived from ${place}: add --to jsonl, csv or parquet`)
}

/** The options about CSV, and the flag of each. */
const CSV_FLAGS = {
  delimiter: '--delimiter',
  quote: '--quote',
  escape: '--escape',
  comment: '--comment',
  trim: '--trim',
  relaxQuotes: '--relax-quotes',
  header: '--no-header',
  skipLines: '--skip-lines',
  renameDuplicates: '--rename-duplicates',
} as const satisfies Record<keyof CsvInputOptions, string>

/** The options about CSV output, and the flag of each. */
const CSV_OUTPUT_FLAGS = {
  outDelimiter: '--out-delimiter',
  bom: '--bom',
  escapeFormulas: '--escape-formulas',
} as const satisfies Partial<Record<keyof ConvertOptions, string>>

/** The options about types that are inferred by choice, and the flag of each. */
const TYPE_FLAGS = { timestamps: '--timestamps', integers: '--integers', lists: '--lists' } as const

function refuse(flags: Readonly<Record<string, string>>, options: ConvertOptions, purpose: string): void {
  for (const [name, flag] of Object.entries(flags)) {
    const value = options[name as keyof ConvertOptions]
    // The header is on unless its flag is given.
    if (value === undefined || (name === 'header' && value === true)) continue
    throw misuse(`${flag} is for ${purpose}`)
  }
}

const oneCharacter: Check = {
  expected: 'one character other than a quote or a line end',
  accepts: (value) => typeof value === 'string' && /^[^"\r\n]$/u.test(value),
}

function dialectOf(options: ConvertOptions, from: 'csv' | 'tsv'): CsvInputOptions {
  const given = Object.keys(CSV_FLAGS).filter((name) => options[name as keyof CsvInputOptions] !== undefined)
  const dialect: CsvInputOptions = {
    ...(from === 'tsv' && { delimiter: '\t' }),
    ...Object.fromEntries(given.map((name) => [name, options[name as keyof CsvInputOptions]])),
    ...(options.delimiter === '\\t' && { delimiter: '\t' }),
  }
  for (const [name, check] of Object.entries(dialectChecks)) {
    const value = dialect[name as keyof CsvInputOptions]
    const allowed = name === 'delimiter' ? oneCharacter : check
    if (value !== undefined) expectValue(CSV_FLAGS[name as keyof CsvInputOptions], value, allowed)
  }
  refuseAmbiguity({ ...DIALECT_DEFAULTS, ...dialect })
  return dialect
}

function outputDialectOf({
  out,
  outDelimiter,
  bom = false,
  escapeFormulas = false,
}: ConvertOptions): CsvDialectOptions {
  const given = outDelimiter === '\\t' ? '\t' : outDelimiter
  if (given !== undefined) expectValue(CSV_OUTPUT_FLAGS.outDelimiter, given, oneCharacter)
  const delimiter = given ?? outputKindOf(out)?.delimiter ?? ','
  return { delimiter, bom, formulas: escapeFormulas ? 'escape' : 'keep' }
}

function defaultDeadLetterPath(input: string, out: string): string {
  const base = out === STANDARD ? input : out
  return base === STANDARD ? 'spillway.dead-letter.jsonl' : `${base}.dead-letter.jsonl`
}

function misuse(message: string): SpillwayError {
  return new SpillwayError('ERR_SPILLWAY_OPTION', message)
}
