/**
 * Parses CSV bytes into rows of cells with csv-parse. This file adds the position of each row in the file. It also
 * continues after a row with wrong quoting, at the next line after the error.
 */
import { isUtf8 } from 'node:buffer'
import { messageOf } from '../../lib/core/errors.ts'
import { QuotedCells, type CsvCell } from './csv-cells.ts'
import { CsvEngine, type CsvError, type CsvErrorCode, type RowForm } from './csv-engine.ts'
import { GrowingBuffer } from './growing-buffer.ts'
import { WholeCharacters } from './utf8.ts'

/** Receives the rows, in order. */
export interface RowConsumer {
  row(cells: CsvCell[]): void
  /** Receives bytes that are not a row, beginning on `line`. Without a reason, they are not UTF-8. */
  bad(reason: string | null, text: string, line: number): void
}

const NOTHING = Buffer.alloc(0)

/** A complete row may still be held, because csv-parse keeps a few bytes until it knows what follows them. */
const LOOK_AHEAD_BYTES = 16

/** Maximum number of bytes of a bad row that are converted to text: enough for a million characters. */
const MAX_TEXT_BYTES = 4_000_000

/** Splits CSV into rows. Memory: the bytes of one row, up to `maxRecordBytes` plus those of a chunk. */
export class CsvRows {
  readonly #form: RowForm
  readonly #consumer: RowConsumer
  readonly #cells: QuotedCells
  readonly #comment: Buffer
  readonly #maxTextBytes: number
  readonly #characters = new WholeCharacters()
  readonly #held = new GrowingBuffer()
  #engine: CsvEngine
  /** The bytes that are being parsed. All offsets are counted from the start of the input. */
  #chunk: Buffer = NOTHING
  #chunkAt = 0
  #engineAt = 0
  #rowAt = 0
  #rowEnd = 0
  #line: number
  #countedTo = 0
  /** The end of the last chunk that is not UTF-8. Rows that begin before it are checked one by one. */
  #suspectTo = 0
  /** A bad row whose end was not reached yet. Its text is in the held bytes. */
  #bad: { readonly reason: string; readonly line: number } | null = null

  /** @param line - the line on which the first row starts */
  constructor(form: RowForm, consumer: RowConsumer, line = 1) {
    this.#form = form
    this.#consumer = consumer
    this.#cells = new QuotedCells(form)
    this.#comment = Buffer.from(form.comment ?? '')
    this.#maxTextBytes = Math.min(form.maxRecordBytes, MAX_TEXT_BYTES)
    this.#line = line
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
    if (!isUtf8(this.#characters.take(bytes))) this.#suspectTo = this.#chunkAt + bytes.length
    this.#parseAll(this.#bad === null ? bytes : this.#skip(bytes))
  }

  #parseAll(bytes: Buffer): void {
    let rest = bytes
    while (rest.length > 0) rest = this.#parse(rest)
  }

  /** Called at the end of the input. */
  end(): void {
    if (this.#characters.isOpen) this.#suspectTo = Infinity
    for (let error = this.#finish(); error !== undefined; error = this.#finish()) this.#parseAll(this.#recover(error))
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
    return this.#held.length > this.#form.maxRecordBytes + LOOK_AHEAD_BYTES
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
    if (this.#comment.length > 0) this.#passComments()
    if (this.bytes > this.#form.maxRecordBytes + 2) this.#consumer.bad(this.#tooLong(), this.text, this.line)
    else if (this.#rowAt < this.#suspectTo && !isUtf8(this.#between(this.#rowAt, this.#rowEnd))) {
      this.#consumer.bad(null, this.text, this.line)
    } else this.#consumer.row(this.#withNulls(cells))
    this.#rowAt = this.#rowEnd
  }

  /** The bytes of a row have the comments before it. They are not part of it. */
  #passComments(): void {
    const bytes = this.#between(this.#rowAt, this.#rowEnd)
    let from = 0
    while (bytes.subarray(from, from + this.#comment.length).equals(this.#comment)) {
      const end = bytes.indexOf(this.#form.lineEnd, from)
      if (end === -1) break
      from = end + 1
    }
    this.#countLines(this.#rowAt + from)
    this.#rowAt += from
  }

  /** Gives up the open row, up to the end of the line with the error. Returns the bytes after that line. */
  #recover(error: CsvError | 'CSV_MAX_RECORD_SIZE'): Buffer {
    this.#rowEnd = this.#chunkAt + this.#chunk.length
    if (this.#comment.length > 0) this.#passComments()
    const tail = this.#between(this.#rowAt, this.#rowEnd)
    const code = typeof error === 'string' ? error : error.code
    const newline = tail.indexOf(this.#form.lineEnd, this.#errorOffset(code, tail))
    const end = newline === -1 ? tail.length : newline + 1
    const line = this.line
    this.#bad = { reason: this.#reason(code, error), line }
    this.#restartAt(this.#rowAt + end, line + this.#countIn(tail.subarray(0, end)))
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
    const newline = bytes.indexOf(this.#form.lineEnd)
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
    return this.#cells.withNulls(cells, this.#between(this.#rowAt, this.#rowEnd))
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
    if (code === 'CSV_MAX_RECORD_SIZE') return Math.min(this.#form.maxRecordBytes, tail.length)
    if (code === 'CSV_QUOTE_NOT_CLOSED') return tail.length
    // csv-parse reports the offset of the delimiter before the cell in which it failed, or that of the row, with the
    // comments before it.
    const cellAt = Math.max(0, this.#engineAt + this.#engine.info.bytes - this.#rowAt)
    return code === 'INVALID_OPENING_QUOTE' ? cellAt : this.#cells.closingQuoteAt(tail, cellAt)
  }

  #reason(code: CsvErrorCode, error: unknown): string {
    if (code === 'CSV_MAX_RECORD_SIZE') return this.#tooLong()
    if (code === 'CSV_QUOTE_NOT_CLOSED') return 'a quote that opens in this row is never closed'
    if (code === 'CSV_INVALID_CLOSING_QUOTE' || code === 'CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE') {
      return 'a quoted cell continues after its closing quote (write a quote inside a cell twice)'
    }
    if (code === 'INVALID_OPENING_QUOTE') {
      return 'a quote is inside an unquoted cell (enclose the cell in quotes and write the quote twice)'
    }
    return messageOf(error)
  }

  #tooLong(): string {
    return `it is longer than \`maxRecordBytes\` (${this.#form.maxRecordBytes})`
  }

  #countLines(offset: number): void {
    if (offset <= this.#countedTo) return
    this.#line += this.#countIn(this.#between(this.#countedTo, offset))
    this.#countedTo = offset
  }

  #countIn(bytes: Buffer): number {
    const { lineEnd } = this.#form
    let count = 0
    for (let at = bytes.indexOf(lineEnd); at !== -1; at = bytes.indexOf(lineEnd, at + 1)) count++
    return count
  }

  #makeEngine(): CsvEngine {
    return new CsvEngine(this.#form, (cells) => this.#row(cells))
  }
}

function textOf(bytes: Buffer): string {
  return bytes.toString('utf8', 0, MAX_TEXT_BYTES).replace(/\r?\n$|\r$/, '')
}
