import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { keepsDigits } from '../../../transforms/parsing/exact-decimals.ts'

/** The same by writing the number. */
function keepsByWriting(literal: string): boolean {
  const digits = literal.replace(/[-.]/g, '').replace(/^0+/, '')
  if (digits === '') return true
  const written = Number(literal).toPrecision(digits.length).replace(/e.*/, '')
  return written.replace(/[-.]/g, '').replace(/^0+/, '') === digits
}

const literals = fc
  .tuple(fc.constantFrom('', '-'), fc.bigInt({ min: 0n, max: 10n ** 18n }), fc.nat(22))
  .map(([sign, digits, decimals]) => {
    const padded = String(digits).padStart(decimals + 1, '0')
    return `${sign}${padded.slice(0, padded.length - decimals)}${decimals === 0 ? '' : `.${padded.slice(-decimals)}`}`
  })

t.test('agrees with the digits of the number as it is written', async (t) => {
  const property = fc.property(literals, (literal) => {
    assert.equal(keepsDigits(literal, Number(literal)) ?? keepsByWriting(literal), keepsByWriting(literal), literal)
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 20_000 }))
})

t.test('decides for each number that JavaScript writes without an exponent', async (t) => {
  const property = fc.property(fc.double({ min: 1e-5, max: 1e5, noNaN: true }), (number) => {
    assert.equal(keepsDigits(String(number), number), true)
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 5000 }))
})

t.test('leaves exponents and long decimals to others', async (t) => {
  for (const literal of ['1e5', '1.5E-7', '0.123456789012345678', `0.${'0'.repeat(23)}1`]) {
    t.equal(keepsDigits(literal, Number(literal)), undefined, literal)
  }
})
