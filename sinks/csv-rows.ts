/**
 * Puts cells together to rows of CSV. The engine for every dialect is csv-stringify; the default dialect has a short
 * way of its own, byte for byte the same.
 */
import { stringify } from 'csv-stringify/sync'
import type { CsvDialect } from './csv-dialect.ts'

/** The cells of one row. Null has nothing between its delimiters, an empty text is `""`. */
export type CsvRow = readonly (string | null)[]

/** The text of rows, each with its line end. */
export type RowsToText = (rows: readonly CsvRow[]) => string

/** What makes a cell of the default dialect need quotes (RFC 4180, and a lone CR, which readers take for a line end). */
const NEEDS_QUOTES = /[",\n\r]/

/** Whether cells and rows of the dialect are those of {@link quoteCell} and {@link joinCells}. */
export function isDefaultDialect({ delimiter, quote, recordDelimiter }: CsvDialect): boolean {
  return delimiter === ',' && quote === '"' && recordDelimiter === '\n'
}

/** How rows of `dialect` become text. */
export function rowsToText(dialect: CsvDialect): RowsToText {
  if (!isDefaultDialect(dialect)) return (rows) => stringifyRows(rows, dialect)
  return (rows) => rows.map((row) => joinCells(row.map((cell) => (cell === null ? null : quoteCell(cell))))).join('')
}

/** A cell of the default dialect, in quotes where it needs them. */
export function quoteCell(cell: string): string {
  if (cell === '') return '""'
  return NEEDS_QUOTES.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}

/** A row of the default dialect, its cells being quoted already. */
export function joinCells(cells: CsvRow): string {
  let row = cells[0] ?? ''
  for (let index = 1; index < cells.length; index++) row += `,${cells[index] ?? ''}`
  return `${row}\n`
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
