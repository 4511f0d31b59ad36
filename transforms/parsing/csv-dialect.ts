/**
 * How a CSV file is written: what separates and quotes its cells, and what stands before its rows.
 */
import { SpillwayError } from '../../lib/core/errors.ts'
import { flag, integerFrom, type Check, type Checks } from '../../lib/core/options.ts'

/** Options about the form of a CSV file. */
export interface CsvInputOptions {
  /**
   * What separates cells. Without it, comma, semicolon, tab and pipe are counted in the first rows; a first line such as
   * `sep=;` names it. @default found in the text
   */
  readonly delimiter?: string
  /** The character around cells. `''` means that no character quotes. @default '"' */
  readonly quote?: string
  /** The character before a quote within a quoted cell. @default the quote itself */
  readonly escape?: string
  /** Lines that begin with this text are skipped. @default none */
  readonly comment?: string
  /** Remove white space around cells, but not within quotes. @default false */
  readonly trim?: boolean
  /** Take quotes within unquoted cells, and text after a closing quote, as they are. @default false */
  readonly relaxQuotes?: boolean
  /** Whether the first row names the columns. Otherwise they are called `column_1`, `column_2`. @default true */
  readonly header?: boolean
  /** Lines before the header to skip. @default 0 */
  readonly skipLines?: number
  /** Call the second column `a` of a header `a_2`. Otherwise such a header is an error. @default false */
  readonly renameDuplicates?: boolean
}

/** A dialect whose defaults are filled in, except for those that only the text shows. */
export type ResolvedDialect = Required<Omit<CsvInputOptions, 'delimiter' | 'escape' | 'comment'>> &
  Pick<CsvInputOptions, 'delimiter' | 'escape' | 'comment'>

const delimiter: Check = {
  expected: 'a string without quotes and line breaks',
  accepts: (value) => typeof value === 'string' && /^[^"\r\n]+$/.test(value),
}

const quote: Check = {
  expected: "one ASCII character other than a line break, or ''",
  accepts: (value) => typeof value === 'string' && value.length < 2 && value <= '\x7f' && !/[\r\n]/.test(value),
}

const escape: Check = {
  expected: 'one ASCII character other than a line break',
  accepts: (value) => quote.accepts(value) && value !== '',
}

const comment: Check = {
  expected: 'a string without line breaks',
  accepts: (value) => typeof value === 'string' && /^[^\r\n]+$/.test(value),
}

/** Checks of {@link CsvInputOptions}. */
export const dialectChecks: Checks<CsvInputOptions> = {
  delimiter,
  quote,
  escape,
  comment,
  trim: flag,
  relaxQuotes: flag,
  header: flag,
  skipLines: integerFrom(0),
  renameDuplicates: flag,
}

/** The dialect that most CSV files have. */
export const DIALECT_DEFAULTS = {
  quote: '"',
  trim: false,
  relaxQuotes: false,
  header: true,
  skipLines: 0,
  renameDuplicates: false,
} as const satisfies CsvInputOptions

/**
 * Refuses characters with two meanings.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION`
 */
export function refuseAmbiguity({ delimiter, quote, escape, comment }: ResolvedDialect): void {
  const pairs = [
    ['delimiter', delimiter, 'quote', quote],
    ['delimiter', delimiter, 'escape', escape],
    ['comment', comment, 'quote', quote],
    ['comment', comment, 'delimiter', delimiter],
  ] as const
  for (const [one, first, other, second] of pairs) {
    if (!first || !second || !first.startsWith(second)) continue
    throw new SpillwayError(
      'ERR_SPILLWAY_OPTION',
      `Expected \`${one}\` and \`${other}\` to be different, got ${JSON.stringify(first)} and ${JSON.stringify(second)}`,
    )
  }
}
