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

/** How rows of `dialect` become text. */
export function rowsToText(dialect: CsvDialect): RowsToText {
  const { delimiter, quote, recordDelimiter } = dialect
  const isDefault = delimiter === ',' && quote === '"' && recordDelimiter === '\n'
  return isDefault ? (rows) => rows.map(defaultRow).join('') : (rows) => stringifyRows(rows, dialect)
}

function defaultRow(cells: CsvRow): string {
  let row = ''
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i]
    if (i > 0) row += ','
    if (typeof cell === 'string') row += quoteCell(cell)
  }
  return `${row}\n`
}

function quoteCell(cell: string): string {
  if (cell === '') return '""'
  return NEEDS_QUOTES.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
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
