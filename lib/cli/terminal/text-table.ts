/**
 * Lays out a table as text.
 */

/** A column: its heading, and the side its cells are flush with. */
export interface Column {
  readonly heading: string
  /** @default 'right' */
  readonly align?: 'left' | 'right'
}

/** The table, indented by two spaces, with a rule under its headings and no space at the ends of lines. */
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
