import t from 'tap'
import { castCell, CsvTypeGuess, type CsvType } from '../../../transforms/parsing/csv-types.ts'

function guess(...cells: (string | null)[]): CsvType | undefined {
  const guess = new CsvTypeGuess()
  for (const cell of cells) guess.note(cell)
  return guess.type
}

t.test('infers the narrowest type that fits all cells', async (t) => {
  t.equal(guess('true', null, 'false'), 'boolean')
  t.equal(guess('1', '-20', '0', '12345678901234567890'), 'integer')
  t.equal(guess('1', '0.5', '-1e-9', 'NaN', '-Infinity'), 'number')
  t.equal(guess('true', '1'), 'text')
  t.equal(guess('1', 'x'), 'text')
  t.equal(guess(null, null), undefined)
})

t.test('treats only JSON literals as numbers', async (t) => {
  for (const cell of ['007', '+1', '.5', '1.', '0x10', '1,5', ' 1', '1 ', '', 'nan', '-NaN', '2024-01-01']) {
    t.equal(guess(cell), 'text', JSON.stringify(cell))
    t.equal(castCell(cell, 'number'), cell)
  }
})

t.test('casts cells that fit, and leaves other cells as strings', async (t) => {
  t.equal(castCell('true', 'boolean'), true)
  t.equal(castCell('TRUE', 'boolean'), 'TRUE')
  t.equal(castCell('9007199254740993', 'integer'), 9007199254740993n)
  t.equal(castCell('1.5', 'integer'), '1.5')
  t.equal(castCell('1.5', 'number'), 1.5)
  t.equal(castCell('9007199254740993', 'number'), 9007199254740993n)
  t.equal(castCell('-Infinity', 'number'), -Infinity)
  t.ok(Number.isNaN(castCell('NaN', 'number')))
  t.equal(castCell('17', 'text'), '17')
})
