import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { joinPath, splitPath } from '../../../lib/core/field-path.ts'

t.test('joinPath joins keys with dots and escapes dots and backslashes in keys', async (t) => {
  t.equal(joinPath(undefined, 'a'), 'a')
  t.equal(joinPath('a', 'b'), 'a.b')
  t.equal(joinPath('a', 'b.c\\'), 'a.b\\.c\\\\')
  t.equal(joinPath('', ''), '.')
})

t.test('splitPath is the inverse of joinPath', async () => {
  const key = fc.oneof(fc.string({ unit: fc.constantFrom('.', '\\', 'a') }), fc.string(), fc.constant('__proto__'))
  const property = fc.property(fc.array(key, { minLength: 1 }), (keys) => {
    const path = keys.reduce<string | undefined>(joinPath, undefined)
    assert.deepEqual(splitPath(path!), keys)
  })
  fc.assert(property)
})

t.test('splitPath keeps a backslash at the end', async (t) => {
  t.strictSame(splitPath('a\\'), ['a\\'])
})
