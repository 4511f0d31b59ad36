/**
 * Formats a table as text.
 */

/** A column: its heading and the alignment of its cells. */
export interface Column {
  readonly heading: string
  /** @default 'right' */
  readonly align?: 'left' | 'right'
}

/** The table, indented by two spaces, with a line under its headings and without trailing spaces. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ heading }, index) =>
    Math.max(heading.length, ...rows.map((row) => (row[index] ?? '').length)),
  )
  const line = (cells: readonly string[]) =>
    columns.map(({ align }, index) => pad(cells[index] ?? '', widths[index] ?? 0, align ?? 'right')).join('  ')
  const headings = columns.map(({ heading }) => heading)
  const rule = widths.map((width) => '─'.repeat(width))
  return [headings, rule, ...rows].map((cells) => `  ${line(cells)}`.trimEnd()).join('\n')
}

function pad(cell: string, width: number, align: 'left' | 'right'): string {
  return align === 'left' ? cell.padEnd(width) : cell.padStart(width)
}
