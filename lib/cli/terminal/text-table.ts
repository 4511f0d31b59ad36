/**
 * Formats a table as text.
 */
import { cutText, escapeText } from './escape-text.ts'

/** A column: its heading and the alignment of its cells. */
export interface Column {
  readonly heading: string
  /** Cells that are aligned left are text, and may be cut. @default 'right' */
  readonly align?: 'left' | 'right'
}

/** A column with its cells, and the width of all of them. */
interface FilledColumn extends Column {
  readonly cells: readonly string[]
  readonly width: number
}

const INDENT = '  '
const GAP = '  '

/** Text is not cut to fewer characters than this. */
const MIN_TEXT_WIDTH = 12

/**
 * The table, indented by two spaces, with a line under its headings and without trailing spaces. Cells are escaped.
 *
 * @param width - of the terminal. Text that does not fit is cut. If that is not enough, the last columns follow in a
 *   table of their own, below their first column. Numbers are never cut.
 */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width = Infinity,
): string {
  const filled = columns.map((column, index) => {
    const cells = rows.map((row) => escapeText(row[index] ?? ''))
    return { ...column, cells, width: Math.max(column.heading.length, ...cells.map(lengthOf)) }
  })
  return split(shrink(filled, width), width).map(tableText).join('\n\n')
}

/** Cuts the widest text until the table fits, or all of it is as narrow as it may be. */
function shrink(columns: readonly FilledColumn[], width: number): readonly FilledColumn[] {
  const shrunk = [...columns]
  for (let excess = widthOf(shrunk) - width; excess > 0; excess = widthOf(shrunk) - width) {
    const widest = shrunk.reduce<FilledColumn | undefined>((found, column) => {
      return column.align === 'left' && column.width > (found?.width ?? MIN_TEXT_WIDTH) ? column : found
    }, undefined)
    if (widest === undefined) break
    const target = Math.max(MIN_TEXT_WIDTH, widest.width - excess)
    shrunk[shrunk.indexOf(widest)] = { ...widest, width: target }
  }
  return shrunk
}

/** The columns of each table, the first column being that of all. */
function split(columns: readonly FilledColumn[], width: number): FilledColumn[][] {
  const [first, ...others] = columns
  if (first === undefined) return [[]]
  const tables = [[first]]
  for (const column of others) {
    const table = tables.at(-1) ?? []
    if (table.length === 1 || widthOf([...table, column]) <= width) table.push(column)
    else tables.push([first, column])
  }
  return tables
}

function widthOf(columns: readonly FilledColumn[]): number {
  return columns.reduce((sum, { width }) => sum + width, INDENT.length + GAP.length * (columns.length - 1))
}

function tableText(columns: readonly FilledColumn[]): string {
  const line = (cellOf: (column: FilledColumn) => string) =>
    `${INDENT}${columns.map((column) => pad(cellOf(column), column)).join(GAP)}`.trimEnd()
  const rows = columns[0]?.cells ?? []
  return [
    line(({ heading }) => heading),
    line(({ width }) => '─'.repeat(width)),
    ...rows.map((_, index) => line(({ cells }) => cells[index] ?? '')),
  ].join('\n')
}

function pad(cell: string, { width, align = 'right' }: FilledColumn): string {
  const text = cutText(cell, width)
  const spaces = ' '.repeat(Math.max(0, width - lengthOf(text)))
  return align === 'left' ? `${text}${spaces}` : `${spaces}${text}`
}

function lengthOf(text: string): number {
  return Array.from(text).length
}
