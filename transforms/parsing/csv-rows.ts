/**
 * Parses CSV bytes into rows of cells with csv-parse. This file adds the position of each row in the file. It also
 * continues after a row with wrong quoting, at the next line after the error.
 */
import { Parser, type CsvError, type CsvErrorCode } from 'csv-parse'
import { messageOf } from '../../lib/core/errors.ts'
import { GrowingBuffer } from './growing-buffer.ts'

/** A cell: null if there is nothing between the delimiters, the empty string for `""`. */
export type CsvCell = string | null

/** Receives the rows, in order. */
export interface RowConsumer {
  row(cells: CsvCell[]): void
  /** Receives bytes that are not a row, beginning on `line`. */
  bad(reason: string, text: string, line: number): void
}

/** Options of {@link CsvRows}. */
export interface CsvRowsOptions {
  readonly delimiter: string
  /** Maximum size of a row in bytes, including quotes and delimiters but not its line end. */
  readonly maxRecordBytes: number
}

const NEWLINE = 0x0a
const QUOTE = 0x22
const EMPTY_STRING = Buffer.from('""')
const NOTHING = Buffer.alloc(0)

/** A complete row may still be held, because csv-parse keeps a few bytes until it knows what follows them. */
const LOOK_AHEAD_BYTES = 16

/** Maximum number of bytes of a bad row that are converted to text: enough for a million characters. */
const MAX_TEXT_BYTES = 4_000_000

/** Splits CSV into rows. Memory: the bytes of one row, up to `maxRecordBytes` plus those of a chunk. */
export class CsvRows {
  readonly #options: CsvRowsOptions
  readonly #consumer: RowConsumer
  readonly #delimiter: Buffer
  readonly #maxTextBytes: number
  readonly #held = new GrowingBuffer()
  #engine: CsvEngine
  /** The bytes that are being parsed. All offsets are counted from the start of the input. */
  #chunk: Buffer = NOTHING
  #chunkAt = 0
  #engineAt = 0
  #rowAt = 0
  #rowEnd = 0
  #line = 1
  #countedTo = 0
  /** A bad row whose end was not reached yet. Its text is in the held bytes. */
  #bad: { readonly reason: string; readonly line: number } | null = null

  constructor(options: CsvRowsOptions, consumer: RowConsumer) {
    this.#options = options
    this.#consumer = consumer
    this.#delimiter = Buffer.from(options.delimiter)
    this.#maxTextBytes = Math.min(options.maxRecordBytes, MAX_TEXT_BYTES)
    this.#engine = this.#makeEngine()
  }

  /** Bytes held of an incomplete row. */
  get heldBytes(): number {
    return this.#held.length
  }

  /** Within {@link RowConsumer.row}: the line on which the row starts. */
  get line(): number {
    this.#countLines(this.#rowAt)
    return this.#line
  }

  /** Within {@link RowConsumer.row}: the size of the row in bytes. */
  get bytes(): number {
    return this.#rowEnd - this.#rowAt
  }

  /** Within {@link RowConsumer.row}: the text of the row as it is in the file. */
  get text(): string {
    return textOf(this.#between(this.#rowAt, this.#rowEnd))
  }

  write(bytes: Buffer): void {
    let rest = this.#bad === null ? bytes : this.#skip(bytes)
    while (rest.length > 0) rest = this.#parse(rest)
  }

  /** Called at the end of the input. */
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

  /** Gives up the open row, up to the end of the line with the error. Returns the bytes after that line. */
  #recover(error: CsvError | 'CSV_MAX_RECORD_SIZE'): Buffer {
    const tail = this.#between(this.#rowAt, this.#chunkAt + this.#chunk.length)
    const code = typeof error === 'string' ? error : error.code
    const newline = tail.indexOf(NEWLINE, this.#errorOffset(code, tail))
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

  /** Skips the rest of a bad row. Returns the bytes after it. */
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

  /** Converts unquoted empty cells to null. csv-parse can do this itself, but at a tenth of its speed. */
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

  /** The bytes between two offsets. Neither may be before the open row. */
  #between(from: number, to: number): Buffer {
    const start = from - this.#chunkAt
    const end = to - this.#chunkAt
    if (start >= 0) return this.#chunk.subarray(start, end)
    const held = this.#held.view().subarray(this.#held.length + start, this.#held.length + Math.min(end, 0))
    return Buffer.concat([held, this.#chunk.subarray(0, Math.max(end, 0))])
  }

  #errorOffset(code: CsvErrorCode, tail: Buffer): number {
    if (code === 'CSV_MAX_RECORD_SIZE') return Math.min(this.#options.maxRecordBytes, tail.length)
    if (code === 'CSV_QUOTE_NOT_CLOSED') return tail.length
    // csv-parse reports the offset of the delimiter before the cell in which it failed, or the offset of the row.
    const cellAt = this.#engineAt + this.#engine.info.bytes - this.#rowAt
    return code === 'CSV_INVALID_CLOSING_QUOTE' ? closingQuoteAt(tail, cellAt) : cellAt
  }

  #reason(code: CsvErrorCode, error: unknown): string {
    if (code === 'CSV_MAX_RECORD_SIZE') return this.#tooLong()
    if (code === 'CSV_QUOTE_NOT_CLOSED') return 'a quote that opens in this row is never closed'
    if (code === 'CSV_INVALID_CLOSING_QUOTE') {
      return 'a quoted cell continues after its closing quote (write a quote inside a cell twice)'
    }
    if (code === 'INVALID_OPENING_QUOTE') {
      return 'an unquoted cell contains a quote (enclose the cell in quotes and write the quote twice)'
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

/** csv-parse, called directly and not as a stream. It calls `onRow` at once for each row, and returns its errors. */
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

/** The offset of the closing quote of the quoted cell at or after `from`: the first quote that is not doubled. */
function closingQuoteAt(bytes: Buffer, from: number): number {
  let at = bytes.indexOf(QUOTE, bytes.indexOf(QUOTE, from) + 1)
  while (at !== -1 && bytes[at + 1] === QUOTE) at = bytes.indexOf(QUOTE, at + 2)
  return at === -1 ? bytes.length : at
}

/** Converts empty cells to null unless they are quoted in `row`, the bytes of the same cells. */
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
