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

t.test('a table without rows has its headings only', async (t) => {
  t.equal(formatTable([{ heading: 'A' }, { heading: 'B' }], []), '  A  B\n  ─  ─')
})
