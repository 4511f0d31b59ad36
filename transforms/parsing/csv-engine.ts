/**
 * csv-parse, called directly and not as a stream. So each row arrives while its bytes are known.
 */
import { Parser, type CsvError } from 'csv-parse'

export type { CsvError, CsvErrorCode } from 'csv-parse'

/** How the rows of a file are written. */
export interface RowForm {
  readonly delimiter: string
  /** Empty if nothing quotes. */
  readonly quote: string
  readonly escape: string
  readonly comment: string | undefined
  readonly trim: boolean
  readonly relaxQuotes: boolean
  /** The byte that ends each line, or comes last in it: a line feed or a carriage return. */
  readonly lineEnd: number
  /** Maximum size of a row in bytes, including quotes and delimiters but not its line end. */
  readonly maxRecordBytes: number
}

const CR = 0x0d

/** Calls `onRow` at once for each row, and returns its errors. */
export class CsvEngine extends Parser {
  readonly #onRow: (cells: string[]) => void

  constructor(form: RowForm, onRow: (cells: string[]) => void) {
    super({
      delimiter: form.delimiter,
      quote: form.quote === '' ? null : form.quote,
      escape: form.quote === '' ? null : form.escape,
      comment: form.comment ?? null,
      // Otherwise the text of a cell after such a character would be lost.
      comment_no_infix: true,
      trim: form.trim,
      relax_quotes: form.relaxQuotes,
      max_record_size: form.maxRecordBytes,
      // Where lines end with a line feed, a carriage return alone is part of a cell.
      record_delimiter: form.lineEnd === CR ? ['\r\n', '\r', '\n'] : ['\r\n', '\n'],
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
