import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { JsonText, toBase64 } from '../../../sinks/values/json-text.ts'

t.test('equals JSON.stringify wherever that is correct', async () => {
  const json = new JsonText('null')
  // It is not correct for -0.
  const value = fc.jsonValue().map((given) => JSON.parse(JSON.stringify(given)) as unknown)
  const property = fc.property(fc.dictionary(fc.string({ unit: 'binary' }), value), (record) => {
    assert.equal(json.ofRecord(record), JSON.stringify(record))
    assert.equal(json.ofValue(Object.values(record)), JSON.stringify(Object.values(record)))
  })
  fc.assert(property, { numRuns: 1000 })
})

t.test('writes bigints, bytes and numbers that are not finite', async (t) => {
  const json = new JsonText('null')
  const record = { big: 2n ** 70n, bytes: Uint8Array.of(255), list: [NaN, -Infinity, undefined, -0], gone: undefined }
  t.equal(json.ofRecord(record), '{"big":1180591620717411303424,"bytes":"/w==","list":[null,null,null,-0]}')
  t.equal(json.nonFinite, 2)
  json.uncount(1)
  t.equal(json.nonFinite, 1)
  t.equal(new JsonText('text').ofRecord(record)?.includes('["NaN","-Infinity",null,-0]'), true)
})

t.test('keeps -0, which JSON.stringify makes 0', async (t) => {
  const json = new JsonText('null')
  t.equal(json.ofRecord({ a: -0, b: 0, c: { d: [-0] } }), '{"a":-0,"b":0,"c":{"d":[-0]}}')
  t.equal(json.ofValue([-0]), '[-0]')
})

t.test('reports why it refuses a record', async (t) => {
  const json = new JsonText('error')
  t.equal(json.ofRecord({ a: { b: () => 0 } }), undefined)
  t.match(json.refusal, { kind: 'value', field: 'a.b' })
  t.equal(json.ofRecord({ a: [1, NaN] }), undefined)
  t.strictSame(json.refusal, { kind: 'error', reason: 'NaN cannot be represented in JSON', field: 'a.1' })
  t.equal(json.ofRecord(new Date(0)), undefined)
  t.match(json.refusal, { reason: 'a record must be an object, got date' })
})

t.test('returns undefined for a value that must be refused', async (t) => {
  const json = new JsonText('null')
  for (const value of [[() => 0], { map: new Map() }, [Symbol('s')], new Date(NaN)]) {
    t.equal(json.ofValue(value), undefined)
  }
})

t.test('encodes only the bytes of a view, not the rest of its buffer', async (t) => {
  t.equal(toBase64(new Uint8Array(Uint8Array.of(1, 2, 3, 4).buffer, 1, 2)), 'AgM=')
})
