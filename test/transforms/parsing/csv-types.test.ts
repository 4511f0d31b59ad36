import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { castCell, CsvTypeGuess, type CsvType } from '../../../transforms/parsing/csv-types.ts'

function guess(...cells: (string | null)[]): CsvType | undefined {
  const guess = new CsvTypeGuess()
  for (const cell of cells) guess.note(cell)
  return guess.type
}

t.test('infers the narrowest type that fits all cells', async (t) => {
  t.equal(guess('true', null, 'false'), 'boolean')
  t.equal(guess('1', '-20', '0', '9223372036854775807', '-9223372036854775808'), 'integer')
  t.equal(guess('1', '0.5', '-1e-9', 'NaN', '-Infinity'), 'number')
  t.equal(guess('true', '1'), 'text')
  t.equal(guess('1', 'x'), 'text')
  t.equal(guess(null, null), undefined)
})

t.test('treats integers as text that no column of numbers holds', async (t) => {
  t.equal(guess('1', '9223372036854775808'), 'text', 'beyond 64 bits')
  t.equal(guess('18446744073709551615'), 'text')
  t.equal(guess('123456789012345678901234567890', '1.5'), 'text')
  t.equal(guess('9007199254740993', '1.5'), 'text', 'a double has other digits')
  t.equal(guess('9007199254740992', '1.5'), 'number')
  t.equal(guess('100000000000000000000', '1.5'), 'number')
})

t.test('treats numbers as text whose digits a double does not have', async (t) => {
  const texts = ['888E010010', '1e400', '-1e400', '1e-400', '0.1234567890123456789', '123456789.123456789']
  for (const cell of [...texts, '9007199254740993.0', `0.${'3'.repeat(200)}`]) {
    t.equal(guess('1', cell), 'text', cell)
    t.equal(castCell(cell, 'number'), cell)
  }
  const numbers = { '1.50': 1.5, '1E3': 1000, '0e5': 0, '0.10000000000000001': 0.1, '1.000000000000000056e-01': 0.1 }
  for (const [cell, number] of Object.entries({ ...numbers, '4.9e-324': 5e-324, '-0': -0, '-0.0': -0 })) {
    t.equal(guess('1', cell), 'number', cell)
    t.ok(Object.is(castCell(cell, 'number'), number), cell)
  }
})

t.test('treats each number that JavaScript writes as a number', async (t) => {
  const property = fc.property(fc.double({ noNaN: true }), (number) => {
    // Integers beyond 2^53 that are written without an exponent are bigint.
    fc.pre(Number.isSafeInteger(number) || !Number.isInteger(number) || Math.abs(number) >= 1e21)
    assert.equal(guess(String(number), '0.5'), 'number')
    assert.equal(Number(castCell(String(number), 'number')), number + 0)
    if (Number.isFinite(number)) assert.equal(castCell(number.toExponential(16), 'number'), number + 0)
  })
  t.doesNotThrow(() => fc.assert(property))
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
