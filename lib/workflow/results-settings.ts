/**
 * The `results` of a workflow: the options of a ResultStreamer that are plain data, in the snake case of a workflow
 * file.
 */
import { plainObject, type Check, type Checks } from '../core/options.ts'
import { SpillwayError } from '../core/errors.ts'
import type { CsvDialectOptions } from '../../sinks/text/csv-dialect.ts'
import { resolveResultStreamerOptions, resultStreamerChecks, type ResultStreamerOptions } from '../streaming/options.ts'

/** The options that a workflow may set in `results`. The directory and the objective of the run are set elsewhere. */
const NAMES = [
  'format',
  'compression',
  'bufferSize',
  'maxBytes',
  'maxAgeMs',
  'partMaxBytes',
  'partMaxRows',
  'partMaxAgeMs',
  'schema',
  'inferRows',
  'inferBytes',
  'timestamps',
  'integers',
  'lists',
  'onDrift',
  'maxRotations',
  'nonFinite',
  'csv',
  'rowGroupRows',
  'rowGroupBytes',
  'metadata',
  'fields',
  'topCount',
  'maxContainers',
  'maxMetrics',
] as const satisfies readonly (keyof ResultStreamerOptions)[]

type Name = (typeof NAMES)[number]

type SnakeCase<Text extends string> = Text extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${SnakeCase<Rest>}`
  : Text

/** The `results` of a workflow: options of `ResultStreamer`, in snake case, such as `format` and `buffer_size`. */
export type ResultsSettings = {
  readonly [Key in Name as SnakeCase<Key>]?: Key extends 'csv' ? CsvSettings : ResultStreamerOptions[Key]
}

/** The dialect of CSV results, in snake case. */
type CsvSettings = { readonly [Key in keyof CsvDialectOptions as SnakeCase<Key>]: CsvDialectOptions[Key] }

const CSV_NAMES = [
  'delimiter',
  'quote',
  'recordDelimiter',
  'header',
  'bom',
  'formulas',
] as const satisfies readonly (keyof CsvDialectOptions)[]

const csvCheck: Check = {
  expected: `an object with some of the keys ${CSV_NAMES.map(snakeCase).join(', ')}`,
  accepts: (value) =>
    plainObject.accepts(value) &&
    Object.keys(value as object).every((key) => CSV_NAMES.some((name) => snakeCase(name) === key)),
}

/** Checks of {@link ResultsSettings}. */
export const resultsChecks = Object.fromEntries(
  NAMES.map((name) => [snakeCase(name), name === 'csv' ? csvCheck : resultStreamerChecks[name]]),
) as Checks<ResultsSettings>

/** The settings as options of a ResultStreamer. */
export function streamerOptionsOf(settings: ResultsSettings): Pick<ResultStreamerOptions, Name> {
  const options: Pick<ResultStreamerOptions, Name> = optionsOf(NAMES, settings)
  return settings.csv ? { ...options, csv: csvDialectOf(settings) } : options
}

/** The dialect of CSV results, as the options of a sink. */
export function csvDialectOf(settings: ResultsSettings | false | undefined): CsvDialectOptions {
  return settings ? optionsOf(CSV_NAMES, settings.csv ?? {}) : {}
}

/** The values of `names`, which are in snake case in `settings`. A null counts as missing. */
function optionsOf(names: readonly string[], settings: object): Record<string, unknown> {
  const values = settings as Readonly<Record<string, unknown>>
  const given = names.filter((name) => (values[snakeCase(name)] ?? undefined) !== undefined)
  return Object.fromEntries(given.map((name) => [name, values[snakeCase(name)]]))
}

/**
 * Checks that valid settings do not contradict each other.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION`
 */
export function expectAgreement(settings: ResultsSettings): void {
  // Nothing is created: the id and the directory are those of no run.
  resolveResultStreamerOptions({ ...streamerOptionsOf(settings), workflowId: 'workflow', outputDir: '.' })
  const { delimiter = ',', quote = '"', recordDelimiter = '\n' } = csvDialectOf(settings)
  // The records are read back, for later phases and by `verify`.
  expectReadable('delimiter', delimiter, !delimiter.includes('"'), 'without `"`')
  expectReadable('quote', quote, quote <= '\x7f' && !/[\r\n]/.test(quote), 'an ASCII character other than a line break')
  expectReadable('record_delimiter', recordDelimiter, /^(\r?\n|\r)$/.test(recordDelimiter), 'one of \\n, \\r\\n, \\r')
}

function expectReadable(key: string, value: string, isReadable: boolean, expected: string): void {
  if (isReadable) return
  throw new SpillwayError(
    'ERR_SPILLWAY_OPTION',
    `Expected \`${key}\` of \`csv\` to be ${expected}, as the records of a run are read back; got ${JSON.stringify(value)}`,
  )
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
