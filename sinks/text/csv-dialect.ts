/**
 * The dialects of CSV: delimiter, quote, line end, header.
 */
import { expectValue, flag, resolveOptions, text, type Check, type Checks } from '../../lib/core/options.ts'

/** Options of a CSV dialect. */
export interface CsvDialectOptions {
  /** Stands between cells. @default ',' */
  readonly delimiter?: string
  /** Stands around cells that need it; doubled within. One character. @default '"' */
  readonly quote?: string
  /** Ends a row. @default '\n' */
  readonly recordDelimiter?: string
  /** Whether the first row names the columns. @default true */
  readonly header?: boolean
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
}

const DEFAULTS = {
  delimiter: ',',
  quote: '"',
  recordDelimiter: '\n',
  header: true,
} as const satisfies CsvDialectOptions

/**
 * Lays `given` over the default dialect.
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
