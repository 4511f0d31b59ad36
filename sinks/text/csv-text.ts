/**
 * Puts cells together to rows of CSV. The engine for every dialect is csv-stringify; the default dialect has a short
 * way of its own, byte for byte the same.
 */
import { stringify } from 'csv-stringify/sync'
import type { Cell, ColumnType } from '../columns/column.ts'
import type { CsvDialect } from './csv-dialect.ts'
import { isoText } from '../values/iso-text.ts'
import { toBase64 } from '../values/json-text.ts'

/** The cells of one row. Null has nothing between its delimiters, an empty text is `""`. */
export type CsvRow = readonly (string | null)[]

/** The text of rows, each with its line end. */
export type RowsToText = (rows: readonly CsvRow[]) => string

/** What makes a cell of the default dialect need quotes (RFC 4180, and a lone CR, which readers take for a line end). */
const NEEDS_QUOTES = /[",\n\r]/

/** The same, and halves of surrogate pairs, which may be alone. */
const NEEDS_CARE = /[",\n\r\ud800-\udfff]/

/** Whether cells of the dialect are those of {@link quoteCell}, with commas between them. */
export function isDefaultDialect({ delimiter, quote, recordDelimiter }: CsvDialect): boolean {
  return delimiter === ',' && quote === '"' && recordDelimiter === '\n'
}

/** How rows of `dialect` become text. */
export function rowsToText(dialect: CsvDialect): RowsToText {
  if (!isDefaultDialect(dialect)) return (rows) => stringifyRows(rows, dialect)
  return (rows) =>
    rows.map((row) => `${row.map((cell) => (cell === null ? '' : quoteCell(cell))).join(',')}\n`).join('')
}

/** A cell of the default dialect, in quotes where it needs them. */
export function quoteCell(cell: string): string {
  if (cell === '') return '""'
  return NEEDS_QUOTES.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}

/** Whether a text may be no cell of the default dialect as it stands: it needs quotes, or is not well-formed. */
export function needsCare(text: string): boolean {
  return text === '' || NEEDS_CARE.test(text)
}

function stringifyRows(rows: readonly CsvRow[], { delimiter, quote, recordDelimiter }: CsvDialect): string {
  return stringify([...rows], {
    delimiter,
    quote,
    escape: quote,
    record_delimiter: recordDelimiter,
    // `quoted_empty` for all cells would make nulls look like empty texts.
    cast: { string: (value) => (value === '' ? { value, quoted_empty: true } : value) },
  })
}

/** The text form of a cell: the shortest number that reads back as the same, ISO 8601, base64. */
export function cellText(cell: Cell, type?: ColumnType | null): string | null {
  if (cell === null || typeof cell === 'string') return cell
  if (cell instanceof Date) return type === 'date' ? (isoText(cell).split('T', 1)[0] as string) : isoText(cell)
  return cell instanceof Uint8Array ? toBase64(cell) : String(cell)
}
