/**
 * The dialect of CSV: delimiter, quote, line end, header, and what spreadsheets need.
 */
import { expectValue, flag, oneOf, resolveOptions, text, type Check, type Checks } from '../../lib/core/options.ts'

/** Options of a CSV dialect. */
export interface CsvDialectOptions {
  /** Separates cells. @default ',' */
  readonly delimiter?: string
  /** One character that encloses cells that need quotes. It is doubled inside them. @default '"' */
  readonly quote?: string
  /** The line end of a row. @default '\n' */
  readonly recordDelimiter?: string
  /** Whether the first row contains the names of the columns. @default true */
  readonly header?: boolean
  /** Begin the file with a byte order mark, by which Excel knows that the text is UTF-8. @default false */
  readonly bom?: boolean
  /**
   * What to do with text that a spreadsheet would run as a formula: text that begins with `=`, `+`, `-`, `@`, a tab or a line
   * break, and is no number. `escape` writes `'` before it. Names of columns are escaped, too.
   *
   * @default 'keep'
   */
  readonly formulas?: 'keep' | 'escape'
}

/** {@link CsvDialectOptions} with every option set. */
export type CsvDialect = Required<CsvDialectOptions>

const oneCharacter: Check = {
  expected: 'one character',
  accepts: (value) => typeof value === 'string' && value.length === 1,
}

const checks: Checks<CsvDialectOptions> = {
  delimiter: text,
  quote: oneCharacter,
  recordDelimiter: text,
  header: flag,
  bom: flag,
  formulas: oneOf(['keep', 'escape']),
}

const DEFAULTS = {
  delimiter: ',',
  quote: '"',
  recordDelimiter: '\n',
  header: true,
  bom: false,
  formulas: 'keep',
} as const satisfies CsvDialectOptions

/**
 * Checks `given` and fills in the default dialect.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION`
 */
export function resolveCsvDialect(given?: CsvDialectOptions): CsvDialect {
  const dialect = resolveOptions('csv', given, checks, DEFAULTS)
  expectValue('delimiter', dialect.delimiter, {
    expected: 'free of quotes and line ends',
    accepts: (value) => !(value as string).includes(dialect.quote) && !/[\n\r]/.test(value as string),
  })
  return dialect
}
