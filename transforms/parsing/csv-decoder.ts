/**
 * From the rows of a CSV file to records: the first row names the columns, and cells are converted to their types.
 */
import { shortText, SpillwayError } from '../../lib/core/errors.ts'
import { nearestWord } from '../../lib/core/nearest.ts'
import type { ResultRecord } from '../../lib/core/record.ts'
import { NestConflict, Nester } from '../../lib/core/nested-record.ts'
import type { CsvCell } from './csv-cells.ts'
import type { ResolvedDialect } from './csv-dialect.ts'
import { headerNames, recordMaker } from './csv-header.ts'
import { CsvRows, type RowConsumer } from './csv-rows.ts'
import { CsvStartReader, type CsvStart } from './csv-start.ts'
import { castCell, CsvTypeGuess, type CsvType } from './csv-types.ts'
import { notDecodable } from './input-text.ts'
import type { Decoder, ParserOutput } from './record-parser.ts'

/** Options of {@link CsvDecoder}: those of `parseCsv`, with their defaults. */
export interface CsvDecoderOptions extends ResolvedDialect {
  readonly types: 'infer' | 'text' | Readonly<Record<string, CsvType>>
  readonly nest: boolean
  readonly inferRows: number
  readonly maxRecordBytes: number
  readonly onHeader?: (names: readonly string[]) => void
}

/** Characters that often separate cells. */
const LIKELY_DELIMITERS = [',', ';', '\t', '|', ':', '^', '~', '\x01']

/** Makes records of the rows of a file. Memory: that of the rows from which it infers types. */
export class CsvDecoder implements Decoder, RowConsumer {
  readonly #options: CsvDecoderOptions
  readonly #start: CsvStartReader
  readonly #nester: Nester | null
  #rows: CsvRows | null = null
  #output: ParserOutput | null = null
  #names: string[] | null = null
  #makeRecord: ((values: readonly unknown[]) => ResultRecord) | null = null
  #types: (CsvType | undefined)[] = []
  /** Rows that wait until the types are inferred. */
  #waiting: CsvCell[][] | null = null
  #waitingBytes = 0
  #hasRows = false

  constructor(options: CsvDecoderOptions) {
    this.#options = options
    this.#nester = options.nest ? new Nester() : null
    this.#start = new CsvStartReader(options, options.maxRecordBytes)
    if (options.types === 'infer') this.#waiting = []
  }

  write(bytes: Buffer, output: ParserOutput): void {
    this.#output = output
    if (this.#rows === null) this.#begin(this.#start.add(bytes))
    else this.#rows.write(bytes)
  }

  end(output: ParserOutput): void {
    this.#output = output
    if (this.#rows === null) this.#begin(this.#start.end())
    this.#rows?.end()
    this.#release()
  }

  row(cells: CsvCell[]): void {
    const output = this.#output as ParserOutput
    if (output.failed) return
    const isBlank = cells.length === 1 && cells[0] === null
    if (this.#names === null) {
      if (!isBlank) this.#takeHeader(cells, output)
    } else if (cells.length === this.#names.length) this.#takeRow(cells, output)
    else if (!isBlank) {
      const { text, line } = this.#place
      const columns = this.#options.header ? 'the header' : 'the first row'
      this.bad(`it has ${countOf(cells.length)}, and ${columns} has ${countOf(this.#names.length)}`, text, line)
    }
  }

  bad(fault: string | null, text: string, line: number): void {
    const output = this.#output as ParserOutput
    if (output.failed) return
    const reason = fault ?? notDecodable(output.encoding)
    if (this.#names === null) output.fail(noHeader(reason, line))
    else output.reject(reason, text, line)
    // The records before the bad input are emitted before the stream fails.
    if (output.failed) this.#release()
  }

  /** Says where the current row is, and what its bytes are. */
  get #place(): CsvRows {
    return this.#rows as CsvRows
  }

  #begin(start: CsvStart | null): void {
    if (start === null) return
    const { escape = this.#options.quote, ...options } = this.#options
    const { delimiter, doubt, lineEnd } = start
    if (doubt !== undefined) this.#output?.warn(twoDelimiters(delimiter, doubt))
    this.#rows = new CsvRows({ ...options, comment: options.comment, escape, delimiter, lineEnd }, this, start.line)
    this.#rows.write(start.rest)
  }

  #takeHeader(cells: CsvCell[], output: ParserOutput): void {
    const { header, renameDuplicates } = this.#options
    try {
      this.#names = headerNames(header ? cells : cells.map(() => null), this.#place.line, renameDuplicates)
      this.#makeRecord = recordMaker(this.#names)
      this.#types = declaredTypes(this.#names, this.#options.types)
      this.#options.onHeader?.(this.#names)
    } catch (error) {
      output.fail(error as SpillwayError)
    }
    if (!header && !output.failed) this.#takeRow(cells, output)
  }

  #takeRow(cells: CsvCell[], output: ParserOutput): void {
    if (!this.#hasRows) this.#takeFirstRow(cells, output)
    if (this.#waiting === null) {
      this.#emit(cells, output)
      return
    }
    this.#waiting.push(cells)
    this.#waitingBytes += this.#place.bytes
    const { inferRows, maxRecordBytes } = this.#options
    if (this.#waiting.length >= inferRows || this.#waitingBytes >= maxRecordBytes) this.#release()
  }

  #takeFirstRow(cells: CsvCell[], output: ParserOutput): void {
    this.#hasRows = true
    const hint = delimiterWithin(this.#names ?? [], cells)
    if (hint !== undefined) output.warn(oneColumn(hint))
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
    const record = this.#makeRecord?.(values) as ResultRecord
    if (this.#nester === null) output.add(record)
    else this.#addNested(this.#nester, record, output)
  }

  #addNested(nester: Nester, record: ResultRecord, output: ParserOutput): void {
    try {
      output.add(nester.nest(record))
    } catch (error) {
      if (!(error instanceof NestConflict)) throw error
      output.reject(error.message, record)
    }
  }
}

function declaredTypes(names: readonly string[], types: CsvDecoderOptions['types']): (CsvType | undefined)[] {
  if (types === 'infer') return names.map(() => undefined)
  if (types === 'text') return names.map(() => 'text')
  const declared = new Map(Object.entries(types))
  const known = new Set(names)
  for (const name of declared.keys()) if (!known.has(name)) throw noColumn(name, names)
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

/** A character that is in the only column name, and as often in the first row, although it separates no cells. */
function delimiterWithin(names: readonly string[], cells: readonly CsvCell[]): string | undefined {
  const [name = '', cell] = [names[0], cells[0]]
  if (names.length !== 1 || cell === null || cell === undefined) return undefined
  return LIKELY_DELIMITERS.find((delimiter) => {
    const count = name.split(delimiter).length
    return count > 1 && count === cell.split(delimiter).length
  })
}

function oneColumn(delimiter: string): string {
  return `The header has one column, and ${JSON.stringify(delimiter)} is in it and in the first row. If that separates cells, set \`delimiter\`.`
}

function twoDelimiters(delimiter: string, other: string): string {
  return `Cells were separated by ${JSON.stringify(delimiter)}, but ${JSON.stringify(other)} fits the first rows as well. If that separates cells, set \`delimiter\`.`
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
  const hint =
    nearest === undefined ? `It has: ${shortText(names.join(', '))}` : `Did you mean \`${shortText(nearest)}\`?`
  return new SpillwayError(
    'ERR_SPILLWAY_INPUT',
    `The header has no column \`${shortText(name)}\`, which \`types\` names. ${hint}`,
    {
      place: { line: 1, field: name },
    },
  )
}
