import t from 'tap'
import { formatTable } from '../../../../lib/cli/terminal/text-table.ts'

t.test('columns are as wide as their widest cell, and right-aligned by default', async (t) => {
  const text = formatTable(
    [{ heading: 'Name', align: 'left' }, { heading: 'Rows' }, { heading: 'Where', align: 'left' }],
    [
      ['a', '12,345', 'here'],
      ['longer', '1', ''],
    ],
  )
  t.equal(
    text,
    ['  Name      Rows  Where', '  ──────  ──────  ─────', '  a       12,345  here', '  longer       1'].join('\n'),
  )
})

const columns = [
  { heading: 'Phase', align: 'left' },
  { heading: 'Status', align: 'left' },
  { heading: 'Containers' },
  { heading: 'Rows' },
  { heading: 'Rejected' },
  { heading: 'Parts' },
  { heading: 'Bytes' },
  { heading: 'Output' },
  { heading: 'Time' },
] as const
const row = [
  'a-long-name-of-a-phase-that-does-not-fit-a-terminal',
  'completed',
  '1,000',
  '1,234,567',
  '0',
  '12',
  '4.12 MB',
  '',
  '12.3s',
]

t.test('fits the width: text is cut, then columns are moved below, and no number is cut', async (t) => {
  for (const width of [60, 80, 100]) {
    const lines = formatTable(columns, [row], width).split('\n')
    t.ok(
      lines.every((line) => line.length <= width),
      `${width} columns`,
    )
    const text = lines.join('\n')
    for (const [index, { heading }] of columns.entries()) {
      t.ok(text.includes(heading), heading)
      if (index > 0) t.ok(text.includes(row[index] ?? '?'), heading)
    }
    t.match(text, /^ {2}a-long-name\S*… {2}/m)
  }
})

t.test('text is as wide as it needs when nothing limits it', async (t) => {
  t.match(formatTable(columns, [row]), row[0])
})

t.test('the columns that do not fit are below, each with the first column', async (t) => {
  const text = formatTable(
    [{ heading: 'Name', align: 'left' }, { heading: 'Rows' }, { heading: 'Bytes' }],
    [['a', '1,000', '2']],
    14,
  )
  t.equal(
    text,
    ['  Name   Rows', '  ────  ─────', '  a     1,000', '', '  Name  Bytes', '  ────  ─────', '  a         2'].join(
      '\n',
    ),
  )
})

t.test('cells are escaped, and their width is that of what is shown', async (t) => {
  const text = formatTable([{ heading: 'Name', align: 'left' }, { heading: 'n' }], [['a\u001b[31m\nb\u202e', '1']])
  t.equal(text, ['  Name                n', '  ──────────────────  ─', '  a\\x1b[31m\\nb\\u202e  1'].join('\n'))
})

t.test('a table without rows has its headings only', async (t) => {
  t.equal(formatTable([{ heading: 'A' }, { heading: 'B' }], []), '  A  B\n  ─  ─')
})
