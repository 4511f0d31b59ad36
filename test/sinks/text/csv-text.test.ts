import assert from 'node:assert/strict'
import { parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'
import fc from 'fast-check'
import t from 'tap'
import { resolveCsvDialect } from '../../../sinks/text/csv-dialect.ts'
import { rowsToText } from '../../../sinks/text/csv-text.ts'

const text = fc.oneof(
  fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', ' ', 'a', ';', "'", '\\', '\ufeff', 'é', '😀') }),
  fc.string({ unit: 'grapheme' }),
  fc.constant(''),
)
const rows = fc.integer({ min: 1, max: 5 }).chain((columns) => {
  const cell = fc.option(text, { nil: null })
  return fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { maxLength: 8 })
})

t.test('writes the same bytes as csv-stringify in the default dialect', async () => {
  const toText = rowsToText(resolveCsvDialect())
  const property = fc.property(rows, (rows) => {
    const expected = stringify(rows, {
      cast: { string: (value) => (value === '' ? { value, quoted_empty: true } : value) },
    })
    assert.equal(toText(rows), expected)
  })
  fc.assert(property, { numRuns: 300 })
})

t.test('is read back by csv-parse in every dialect', async () => {
  const dialect = fc.record({
    delimiter: fc.constantFrom(',', ';', '\t', '|', '::'),
    quote: fc.constantFrom('"', "'"),
    recordDelimiter: fc.constantFrom('\n', '\r\n', '\r'),
  })
  const property = fc.property(rows, dialect, (rows, dialect) => {
    const { delimiter, quote, recordDelimiter } = dialect
    const read = parse(rowsToText(resolveCsvDialect(dialect))(rows), {
      delimiter,
      quote,
      escape: quote,
      record_delimiter: recordDelimiter,
      cast: (value, { quoting }) => (value === '' && !quoting ? null : value),
    })
    assert.deepEqual(read, rows)
  })
  fc.assert(property, { numRuns: 100 })
})

t.test('distinguishes null from the empty string', async (t) => {
  t.equal(rowsToText(resolveCsvDialect())([[null, '', ' ']]), ',"", \n')
  t.equal(rowsToText(resolveCsvDialect({ delimiter: ';' }))([[null, '', ' ']]), ';""; \n')
})

t.test('refuses dialects that readers could not parse', async (t) => {
  for (const dialect of [
    { delimiter: '"' },
    { delimiter: 'a\nb' },
    { quote: '""' },
    { quote: '' },
    { delimiter: '' },
  ]) {
    t.throws(() => resolveCsvDialect(dialect), { code: 'ERR_SPILLWAY_OPTION' }, JSON.stringify(dialect))
  }
  t.throws(() => resolveCsvDialect({ headers: true } as object), { message: /Did you mean `header`/ })
})
