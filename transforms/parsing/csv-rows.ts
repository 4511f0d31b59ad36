/**
 * CSV bytes to rows of cells, over csv-parse: what is added is where each row stands in the file, and a way on
 * after a row that breaks the rules of quoting, from the next line after the mistake.
 */
import { Parser, type CsvError, type CsvErrorCode } from 'csv-parse'
import { messageOf } from '../../lib/core/errors.ts'
import { GrowingBuffer } from './growing-buffer.ts'

/** A cell: null where nothing stands between the delimiters, the empty string for `""`. */
export type CsvCell = string | null

/** Receives the rows, in order. */
export interface RowConsumer {
  row(cells: CsvCell[]): void
  /** Bytes that are no row, from `line` on. */
  bad(reason: string, text: string, line: number): void
}

/** Options of {@link CsvRows}. */
interface CsvRowsOptions {
  readonly delimiter: string
  /** Longest row in bytes, its quotes and delimiters counted, its line end not. */
  readonly maxRecordBytes: number
}

const NEWLINE = 0x0a
const QUOTE = 0x22
const EMPTY_STRING = Buffer.from('""')
const NOTHING = Buffer.alloc(0)

/** A row may be held although it is complete: csv-parse keeps a few bytes back to see what follows. */
const LOOK_AHEAD_BYTES = 16

/** How much of a bad row is made into text: enough for a million characters. */
const MAX_TEXT_BYTES = 4_000_000

/** Holds the bytes of one row, up to `maxRecordBytes` and those of a chunk. */
export class CsvRows {
  readonly #options: CsvRowsOptions
  readonly #consumer: RowConsumer
  readonly #delimiter: Buffer
  readonly #maxTextBytes: number
  readonly #held = new GrowingBuffer()
  #engine: CsvEngine
  /** The bytes being parsed. All offsets are counted from the start of the input. */
  #chunk: Buffer = NOTHING
  #chunkAt = 0
  #engineAt = 0
  #rowAt = 0
  #rowEnd = 0
  #line = 1
  #countedTo = 0
  /** A row given up whose end is not here yet; its text is in the held bytes. */
  #bad: { readonly reason: string; readonly line: number } | null = null

  constructor(options: CsvRowsOptions, consumer: RowConsumer) {
    this.#options = options
    this.#consumer = consumer
    this.#delimiter = Buffer.from(options.delimiter)
    this.#maxTextBytes = Math.min(options.maxRecordBytes, MAX_TEXT_BYTES)
    this.#engine = this.#makeEngine()
  }

  /** Bytes held of a row that is not complete. */
  get heldBytes(): number {
    return this.#held.length
  }

  /** Within {@link RowConsumer.row}: the line the row starts on. */
  get line(): number {
    this.#countLines(this.#rowAt)
    return this.#line
  }

  /** Within {@link RowConsumer.row}: the bytes the row takes. */
  get bytes(): number {
    return this.#rowEnd - this.#rowAt
  }

  /** Within {@link RowConsumer.row}: the row as it stands in the file. */
  get text(): string {
    return textOf(this.#between(this.#rowAt, this.#rowEnd))
  }

  write(bytes: Buffer): void {
    let rest = this.#bad === null ? bytes : this.#skip(bytes)
    while (rest.length > 0) rest = this.#parse(rest)
  }

  /** The input is complete. */
  end(): void {
    for (let error = this.#finish(); error !== undefined; error = this.#finish()) this.write(this.#recover(error))
    if (this.#bad !== null) this.#reportBad()
  }

  #parse(bytes: Buffer): Buffer {
    this.#chunk = bytes
    const error = this.#engine.parse(bytes)
    if (error !== undefined) return this.#recover(error)
    this.#countLines(this.#rowAt)
    this.#holdOpenRow()
    this.#chunkAt += bytes.length
    this.#chunk = NOTHING
    return this.#held.length > this.#options.maxRecordBytes + LOOK_AHEAD_BYTES
      ? this.#recover('CSV_MAX_RECORD_SIZE')
      : NOTHING
  }

  #finish(): CsvError | undefined {
    if (this.#bad !== null) return undefined
    this.#chunk = NOTHING
    return this.#engine.finish()
  }

  #row(cells: string[]): void {
    this.#rowEnd = this.#engineAt + this.#engine.info.bytes
    if (this.bytes > this.#options.maxRecordBytes + 2) this.#consumer.bad(this.#tooLong(), this.text, this.line)
    else this.#consumer.row(this.#withNulls(cells))
    this.#rowAt = this.#rowEnd
  }

  /** Gives up the open row up to the end of the line its mistake is on, and returns the bytes after that. */
  #recover(error: CsvError | 'CSV_MAX_RECORD_SIZE'): Buffer {
    const tail = this.#between(this.#rowAt, this.#chunkAt + this.#chunk.length)
    const code = typeof error === 'string' ? error : error.code
    const newline = tail.indexOf(NEWLINE, this.#mistakeAt(code, tail))
    const end = newline === -1 ? tail.length : newline + 1
    const line = this.line
    this.#bad = { reason: this.#reason(code, error), line }
    this.#restartAt(this.#rowAt + end, line + countNewlines(tail.subarray(0, end)))
    this.#held.append(tail.subarray(0, Math.min(end, this.#maxTextBytes)))
    if (newline !== -1) this.#reportBad()
    return tail.subarray(end)
  }

  #restartAt(offset: number, line: number): void {
    this.#engine = this.#makeEngine()
    this.#held.clear()
    this.#engineAt = this.#rowAt = this.#chunkAt = this.#countedTo = offset
    this.#line = line
  }

  /** Passes over the rest of a row given up, and returns the bytes after it. */
  #skip(bytes: Buffer): Buffer {
    const newline = bytes.indexOf(NEWLINE)
    const end = newline === -1 ? bytes.length : newline + 1
    this.#held.append(bytes.subarray(0, Math.min(end, this.#maxTextBytes - this.#held.length)))
    this.#engineAt = this.#rowAt = this.#chunkAt = this.#countedTo = this.#chunkAt + end
    if (newline !== -1) {
      this.#line++
      this.#reportBad()
    }
    return bytes.subarray(end)
  }

  #reportBad(): void {
    const { reason, line } = this.#bad as { reason: string; line: number }
    this.#bad = null
    const text = textOf(this.#held.view())
    this.#held.clear()
    this.#consumer.bad(reason, text, line)
  }

  /** csv-parse would tell nothing from `""` by itself, but at a tenth of its speed. */
  #withNulls(cells: string[]): CsvCell[] {
    if (!cells.includes('')) return cells
    const row = this.#between(this.#rowAt, this.#rowEnd)
    return row.includes(EMPTY_STRING) ? unquotedToNull(cells, row, this.#delimiter) : cells.map((cell) => cell || null)
  }

  #holdOpenRow(): void {
    const inChunk = this.#rowAt - this.#chunkAt
    if (inChunk >= 0) this.#held.clear()
    else this.#held.drop(this.#held.length + inChunk)
    this.#held.append(this.#chunk.subarray(Math.max(0, inChunk)))
  }

  /** The bytes between two offsets, neither of which lies before the open row. */
  #between(from: number, to: number): Buffer {
    const start = from - this.#chunkAt
    const end = to - this.#chunkAt
    if (start >= 0) return this.#chunk.subarray(start, end)
    const held = this.#held.view().subarray(this.#held.length + start, this.#held.length + Math.min(end, 0))
    return Buffer.concat([held, this.#chunk.subarray(0, Math.max(end, 0))])
  }

  #mistakeAt(code: CsvErrorCode, tail: Buffer): number {
    if (code === 'CSV_MAX_RECORD_SIZE') return Math.min(this.#options.maxRecordBytes, tail.length)
    if (code === 'CSV_QUOTE_NOT_CLOSED') return tail.length
    // csv-parse tells the offset of the delimiter before the cell it failed in, or of the row.
    const cellAt = this.#engineAt + this.#engine.info.bytes - this.#rowAt
    return code === 'CSV_INVALID_CLOSING_QUOTE' ? closingQuoteAt(tail, cellAt) : cellAt
  }

  #reason(code: CsvErrorCode, error: unknown): string {
    if (code === 'CSV_MAX_RECORD_SIZE') return this.#tooLong()
    if (code === 'CSV_QUOTE_NOT_CLOSED') return 'a quote that opens in this row is never closed'
    if (code === 'CSV_INVALID_CLOSING_QUOTE') {
      return 'a quoted cell goes on after its closing quote (a quote inside a cell is written twice)'
    }
    if (code === 'INVALID_OPENING_QUOTE') {
      return 'a quote stands within an unquoted cell (such a cell is quoted, and the quote written twice)'
    }
    return messageOf(error)
  }

  #tooLong(): string {
    return `it is longer than \`maxRecordBytes\` (${this.#options.maxRecordBytes})`
  }

  #countLines(offset: number): void {
    if (offset <= this.#countedTo) return
    this.#line += countNewlines(this.#between(this.#countedTo, offset))
    this.#countedTo = offset
  }

  #makeEngine(): CsvEngine {
    return new CsvEngine(this.#options, (cells) => this.#row(cells))
  }
}

/** csv-parse, called rather than streamed through: it hands each row over at once, and its errors back. */
class CsvEngine extends Parser {
  readonly #onRow: (cells: string[]) => void

  constructor({ delimiter, maxRecordBytes }: CsvRowsOptions, onRow: (cells: string[]) => void) {
    super({
      delimiter,
      max_record_size: maxRecordBytes,
      record_delimiter: ['\r\n', '\n'],
      relax_column_count: true,
    })
    this.#onRow = onRow
  }

  override push(cells: string[] | null): boolean {
    if (cells !== null) this.#onRow(cells)
    return true
  }

  parse(bytes: Buffer): CsvError | undefined {
    let failure: CsvError | undefined
    this._transform(bytes, 'buffer' as BufferEncoding, (error) => {
      failure = (error ?? undefined) as CsvError | undefined
    })
    return failure
  }

  finish(): CsvError | undefined {
    let failure: CsvError | undefined
    this._flush((error) => {
      failure = (error ?? undefined) as CsvError | undefined
    })
    return failure
  }
}

/** Where the quoted cell that starts at or behind `from` has its first quote that is not written twice. */
function closingQuoteAt(bytes: Buffer, from: number): number {
  let at = bytes.indexOf(QUOTE, bytes.indexOf(QUOTE, from) + 1)
  while (at !== -1 && bytes[at + 1] === QUOTE) at = bytes.indexOf(QUOTE, at + 2)
  return at === -1 ? bytes.length : at
}

/** Empty cells become null unless they are quoted in `row`, the bytes of the same cells. */
function unquotedToNull(cells: readonly string[], row: Buffer, delimiter: Buffer): CsvCell[] {
  let at = 0
  return cells.map((cell) => {
    const quoted = row[at] === QUOTE
    at = row.indexOf(delimiter, quoted ? closingQuoteAt(row, at) + 1 : at) + delimiter.length
    return cell === '' && !quoted ? null : cell
  })
}

function countNewlines(bytes: Buffer): number {
  let count = 0
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) count++
  return count
}

function textOf(bytes: Buffer): string {
  return bytes.toString('utf8', 0, MAX_TEXT_BYTES).replace(/\r?\n$/, '')
}
