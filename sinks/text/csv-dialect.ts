/**
 * The dialect of CSV: delimiter, quote, line end, header.
 */
import { expectValue, flag, resolveOptions, text, type Check, type Checks } from '../../lib/core/options.ts'

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
