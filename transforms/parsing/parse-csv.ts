/**
 * Parses CSV into records: the first row names the columns, and cells are converted to the types of their columns.
 */
import type { Transform } from 'node:stream'
import { SpillwayError } from '../../lib/core/errors.ts'
import { nearestWord } from '../../lib/core/nearest.ts'
import { callback, integerFrom, resolveOptions, type Check, type Checks } from '../../lib/core/options.ts'
import type { ResultRecord } from '../../lib/core/record.ts'
import { headerNames, recordMaker } from './csv-header.ts'
import { CsvRows, type CsvCell, type RowConsumer } from './csv-rows.ts'
import { castCell, CSV_TYPES, CsvTypeGuess, type CsvType } from './csv-types.ts'
import {
  RecordParser,
  recordParserChecks,
  type Decoder,
  type ParserOutput,
  type RecordParserOptions,
} from './record-parser.ts'

/** Options of {@link parseCsv}. */
export interface ParseCsvOptions extends RecordParserOptions {
  /** The delimiter between cells. @default ',' */
  readonly delimiter?: string
  /**
   * The types of the columns. `'infer'` infers them from the first records, `'text'` leaves all cells strings. An
   * object states the types of columns by name, as `inferCsvTypes` returns it; columns that it does not contain are
   * text.
   *
   * @default 'infer'
   */
  readonly types?: 'infer' | 'text' | Readonly<Record<string, CsvType>>
  /** Records to infer types from. They are held until then, or until they take `maxRecordBytes`. @default 1000 */
  readonly inferRows?: number
  /** Maximum size of a record in bytes. @default 16777216 (16 MB) */
  readonly maxRecordBytes?: number
  /** Called with the names of the columns, before the first record. */
  readonly onHeader?: (names: readonly string[]) => void
}

type ResolvedParseCsvOptions = ParseCsvOptions & Required<Pick<ParseCsvOptions, keyof typeof DEFAULTS>>

const delimiterCheck: Check = {
  expected: 'a string without quotes and line breaks',
  accepts: (value) => typeof value === 'string' && /^[^"\r\n]+$/.test(value),
}

const typesCheck: Check = {
  expected: `'infer', 'text', or an object with one of ${CSV_TYPES.join(', ')} for each column`,
  accepts: (value) => {
    if (value === 'infer' || value === 'text') return true
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
    return Object.values(value).every((type) => (CSV_TYPES as readonly unknown[]).includes(type))
  },
}

/** Checks of {@link ParseCsvOptions}. */
export const csvChecks: Checks<ParseCsvOptions> = {
  ...recordParserChecks,
  delimiter: delimiterCheck,
  types: typesCheck,
  inferRows: integerFrom(1),
  maxRecordBytes: integerFrom(1),
  onHeader: callback,
}

const DEFAULTS = {
  batches: false,
  delimiter: ',',
  types: 'infer',
  inferRows: 1000,
  maxRecordBytes: 16 * 1024 * 1024,
} as const satisfies ParseCsvOptions

/**
 * Returns a Transform that parses CSV (bytes or strings) into records, in input order.
 *
 * The first row names the columns. A column without a name becomes `column_<n>`. Two columns with the same name are an
 * error. A quoted `""` is the empty string, nothing between delimiters is null.
 *
 * A column is boolean only if all its cells so far are `true` or `false`. It is a number only if all its cells so far
 * are JSON number literals, `NaN`, `Infinity` or `-Infinity`. Integers beyond 2^53 become bigint. All else is text. A
 * later cell that does not fit its column stays a string. A column of nulls takes its type from its first other cell.
 *
 * Bad input (see `onReject`) is a row with too many or too few cells, a row longer than `maxRecordBytes`, or a misplaced
 * quote. After it, reading continues at the next line after the error. Empty lines are skipped, except in a file of one
 * column, where they are a null.
 *
 * Memory: the records that types are inferred from (`inferRows`, `maxRecordBytes`), one record, and those of one chunk.
 *
 * Errors: `ERR_SPILLWAY_INPUT` for a header that cannot be used, and, without `onReject`, for bad input.
 *
 * @throws {SpillwayError} `ERR_SPILLWAY_OPTION`
 * @example
 * await pipeline(createReadStream('prices.csv'), parseCsv(), new ParquetSink({ path: 'prices.parquet' }))
 */
export function parseCsv(given?: ParseCsvOptions): Transform {
  const options: ResolvedParseCsvOptions = resolveOptions('parseCsv', given, csvChecks, DEFAULTS)
  return new RecordParser(new CsvDecoder(options), options)
}

class CsvDecoder implements Decoder, RowConsumer {
  readonly #options: ResolvedParseCsvOptions
  readonly #rows: CsvRows
  #output: ParserOutput | null = null
  #names: string[] | null = null
  #makeRecord: ((values: readonly unknown[]) => ResultRecord) | null = null
  #types: (CsvType | undefined)[] = []
  /** Rows that wait until the types are inferred. */
  #waiting: CsvCell[][] | null = null
  #waitingBytes = 0

  constructor(options: ResolvedParseCsvOptions) {
    this.#options = options
    this.#rows = new CsvRows(options, this)
    if (options.types === 'infer') this.#waiting = []
  }

  write(bytes: Buffer, output: ParserOutput): void {
    this.#output = output
    this.#rows.write(bytes)
  }

  end(output: ParserOutput): void {
    this.#output = output
    this.#rows.end()
    this.#release()
  }

  row(cells: CsvCell[]): void {
    const output = this.#output as ParserOutput
    if (output.failed) return
    if (this.#names === null) this.#takeHeader(cells, output)
    else if (cells.length === this.#names.length) this.#takeRow(cells, output)
    else if (cells.length > 1 || cells[0] !== null) {
      const reason = `it has ${countOf(cells.length)}, and the header has ${countOf(this.#names.length)}`
      this.bad(reason, this.#rows.text, this.#rows.line)
    }
  }

  bad(reason: string, text: string, line: number): void {
    const output = this.#output as ParserOutput
    if (output.failed) return
    if (this.#names === null) output.fail(noHeader(reason, line))
    else output.reject(reason, text, line)
    // The records before the bad input are emitted before the stream fails.
    if (output.failed) this.#release()
  }

  #takeHeader(cells: CsvCell[], output: ParserOutput): void {
    try {
      this.#names = headerNames(cells, this.#rows.line)
      this.#makeRecord = recordMaker(this.#names)
      this.#types = declaredTypes(this.#names, this.#options.types)
      this.#options.onHeader?.(this.#names)
    } catch (error) {
      output.fail(error as SpillwayError)
    }
  }

  #takeRow(cells: CsvCell[], output: ParserOutput): void {
    if (this.#waiting === null) {
      this.#emit(cells, output)
      return
    }
    this.#waiting.push(cells)
    this.#waitingBytes += this.#rows.bytes
    const { inferRows, maxRecordBytes } = this.#options
    if (this.#waiting.length >= inferRows || this.#waitingBytes >= maxRecordBytes) this.#release()
  }

  #release(): void {
    const rows = this.#waiting
    if (rows === null) return
    this.#waiting = null
    this.#types = this.#types.map((_unknown, column) => inferCast(rows.map((cells) => cells[column] ?? null)))
    for (const cells of rows) this.#emit(cells, this.#output as ParserOutput)
  }

  #emit(cells: CsvCell[], output: ParserOutput): void {
    const values: unknown[] = cells
    for (let column = 0; column < cells.length; column++) {
      const cell = cells[column] as CsvCell
      if (cell === null) continue
      const type = (this.#types[column] ??= inferCast([cell])) as CsvType
      if (type !== 'text') values[column] = castCell(cell, type)
    }
    output.add(this.#makeRecord?.(values) as ResultRecord)
  }
}

function declaredTypes(names: readonly string[], types: ResolvedParseCsvOptions['types']): (CsvType | undefined)[] {
  if (types === 'infer') return names.map(() => undefined)
  if (types === 'text') return names.map(() => 'text')
  const declared = new Map(Object.entries(types))
  for (const name of declared.keys()) if (!names.includes(name)) throw noColumn(name, names)
  return names.map((name) => declared.get(name) ?? 'text')
}

/** The type to cast a column to, as far as its cells determine it. */
function inferCast(cells: Iterable<CsvCell>): CsvType | undefined {
  const guess = new CsvTypeGuess()
  for (const cell of cells) guess.note(cell)
  // A few rows cannot exclude later fractions, and in JavaScript both are numbers.
  return guess.type === 'integer' ? 'number' : guess.type
}

function countOf(cells: number): string {
  return cells === 1 ? '1 cell' : `${cells} cells`
}

function noHeader(reason: string, line: number): SpillwayError {
  return new SpillwayError(
    'ERR_SPILLWAY_INPUT',
    `Line ${line} cannot be the header: ${reason}. No row can be read without a header: correct it.`,
    { place: { line } },
  )
}

function noColumn(name: string, names: readonly string[]): SpillwayError {
  const nearest = nearestWord(name, names)
  const hint = nearest === undefined ? `It has: ${names.join(', ')}` : `Did you mean \`${nearest}\`?`
  return new SpillwayError(
    'ERR_SPILLWAY_INPUT',
    `The header has no column \`${name}\`, which \`types\` names. ${hint}`,
    {
      place: { line: 1, field: name },
    },
  )
}
