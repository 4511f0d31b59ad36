import { isUtf8 } from 'node:buffer'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { validLength, WholeCharacters } from '../../../transforms/parsing/utf8.ts'

const bytes = fc
  .array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\xff', '\x80', '\xc3', '\xe2\x82')))
  .map((parts) =>
    Buffer.concat(
      parts.map((part) => (part.length < 3 && part > '\x7f' ? Buffer.from(part, 'latin1') : Buffer.from(part))),
    ),
  )

t.test('returns all bytes in whole characters, so that each piece of valid text is valid', async (t) => {
  const property = fc.property(bytes, fc.integer({ min: 1, max: 9 }), (bytes, size) => {
    const characters = new WholeCharacters()
    const pieces: Buffer[] = []
    for (let from = 0; from < bytes.length; from += size)
      pieces.push(characters.take(bytes.subarray(from, from + size)))
    assert.equal(!characters.isOpen && pieces.every((piece) => isUtf8(piece)), isUtf8(bytes))
    assert.ok(bytes.subarray(0, Buffer.concat(pieces).length).equals(Buffer.concat(pieces)))
  })
  t.doesNotThrow(() => fc.assert(property))
})

t.test('finds the valid beginning of other bytes, up to one character', async (t) => {
  const property = fc.property(bytes, (bytes) => {
    fc.pre(!isUtf8(bytes))
    const length = validLength(bytes)
    assert.ok(isUtf8(bytes.subarray(0, length)))
    for (let longer = length + 5; longer <= bytes.length; longer++) assert.ok(!isUtf8(bytes.subarray(0, longer)))
  })
  t.doesNotThrow(() => fc.assert(property))
})
