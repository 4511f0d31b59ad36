import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { encodeName, MAX_NAME_BYTES, NameRegistry } from '../../../lib/core/names.ts'

t.test('encodeName keeps safe characters and percent-encodes the rest', async (t) => {
  t.equal(encodeName('walk-forward_2.1', 'phase'), 'walk-forward_2.1')
  t.equal(encodeName('a/b\\c', 'phase'), 'a%2Fb%5Cc')
  t.equal(encodeName("it's (50%) *new*!~", 'phase'), 'it%27s%20%2850%25%29%20%2Anew%2A%21%7E')
  t.equal(encodeName('é😀', 'phase'), '%C3%A9%F0%9F%98%80')
  t.equal(encodeName('..x', 'phase'), '..x')
})

t.test('an encoded name decodes to the name and never leaves its folder', async () => {
  const property = fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 16 }), (name) => {
    let encoded: string
    try {
      encoded = encodeName(name, 'phase')
    } catch (error) {
      assert.equal((error as { code: string }).code, 'ERR_SPILLWAY_NAME')
      return
    }
    assert.match(encoded, /^[\w.%-]+$/)
    assert.ok(!/^\.{1,2}$/.test(encoded))
    assert.equal(decodeURIComponent(encoded), name)
  })
  fc.assert(property)
})

t.test('encodeName rejects names that cannot be file names', async (t) => {
  const refused: readonly [string, RegExp][] = [
    ['', /is empty/],
    ['.', /refers to a folder/],
    ['..', /refers to a folder/],
    ['a\0b', /NUL/],
    ['a\ud800', /half of a surrogate pair/],
    ['trailing.', /ends with a dot/],
    ['CON', /device name/],
    ['nul.txt', /device name/],
    ['com¹', /device name/],
    ['é'.repeat(34), /takes 204 bytes/],
  ]
  for (const [name, message] of refused) {
    t.throws(() => encodeName(name, 'container'), { code: 'ERR_SPILLWAY_NAME', message }, JSON.stringify(name))
  }
  t.equal(encodeName('x'.repeat(MAX_NAME_BYTES), 'phase').length, MAX_NAME_BYTES)
  t.equal(encodeName('console', 'phase'), 'console')
})

t.test('NameRegistry rejects two names that differ only in letter case', async (t) => {
  const names = new NameRegistry('phase')
  t.equal(names.claim('Train'), 'Train')
  t.equal(names.claim('Train'), 'Train', 'the same name may be claimed again')
  t.throws(() => names.claim('train'), {
    code: 'ERR_SPILLWAY_NAME',
    message: /differs from "Train" in letter case only/,
  })
  t.equal(names.claim('test'), 'test')
  names.claim('caf\u00e9')
  t.throws(() => names.claim('cafe\u0301'), { code: 'ERR_SPILLWAY_NAME' })
})
