import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { escapeFormula, unescapeFormula } from '../../../sinks/text/formula-text.ts'

t.test('escapes what a spreadsheet would run, and no number', async (t) => {
  const escaped = ['=1+1', '+1+1', '-1+1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '＝1', "'=1", '-', '+x', '-1.5x', '- 1']
  for (const text of escaped) t.equal(escapeFormula(text), `'${text}`)
  const kept = ['', "'", "'a", 'a=1', '-1.5', '+1', '-1e-7', '1', ' =1', 'text']
  for (const text of kept) t.equal(escapeFormula(text), text)
})

t.test('what is unescaped is the text that was escaped', async () => {
  const text = fc.string({ unit: fc.constantFrom("'", '=', '+', '-', '@', '\t', '\r', '\n', '1', '.', 'e', 'a', ' ') })
  const property = fc.property(text, (text) => {
    assert.equal(unescapeFormula(escapeFormula(text)), text)
  })
  fc.assert(property, { numRuns: 3000 })
})
