/**
 * docs/error-codes.md has every code, and every field of a place.
 */
import t from 'tap'
import ts from 'typescript'
import { ERROR_CODES } from '../../lib/core/errors.ts'
import { codeSpans, readDocument, sectionsOf, tableRows } from '../helpers/documents.ts'

const [introduction, ...sections] = sectionsOf(readDocument('docs/error-codes.md'))

t.test('has all codes, in the order of the source, and no other', async (t) => {
  t.strictSame(
    sections.map(({ heading }) => heading),
    Object.keys(ERROR_CODES),
  )
})

t.test('has the meaning, the usual cause and the remedy of each', async (t) => {
  for (const { heading, text } of sections) {
    const parts = [...text.matchAll(/^- \*\*(.+?)s?:\*\*(?: |\n {2}- )\S/gm)].map(([, part]) => part)
    t.strictSame(parts, ['Meaning', 'Usual cause', 'Remedy'], heading)
  }
})

t.test('has all fields of a place, in the order of the source', async (t) => {
  const source = ts.createSourceFile('errors.ts', readDocument('lib/core/errors.ts'), ts.ScriptTarget.Latest)
  const place = source.statements
    .filter((statement) => ts.isInterfaceDeclaration(statement))
    .find(({ name }) => name.text === 'ErrorPlace')
  const fields = (place?.members ?? []).map(({ name }) => (name as ts.Identifier).text)
  t.ok(fields.length > 0)
  t.strictSame(
    tableRows(introduction?.text ?? '').flatMap(([name = '']) => codeSpans(name)),
    fields,
  )
})
