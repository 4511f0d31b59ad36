import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { makeRandom } from '../../../../benchmarks/random.ts'
import { NumberDictionary } from '../../../../sinks/parquet/encoding/number-dictionary.ts'

const numbers = new NumberDictionary()

function wordsOf(values: Float64Array): Uint32Array {
  return new Uint32Array(values.buffer)
}

t.test('gives every value the index of the first value with the same bits', async () => {
  const value = fc.oneof(fc.constantFrom(0, -0, NaN, 1, 2 ** 32, Infinity), fc.double())
  const property = fc.property(fc.array(fc.tuple(value, fc.integer({ min: 2, max: 9 })), { minLength: 1 }), (runs) => {
    const values = Float64Array.from(runs.flatMap(([each, times]) => Array<number>(times).fill(each)))
    const repeats = numbers.find(wordsOf(values), 2, values.length)
    assert.ok(repeats)
    values.forEach((each, index) => {
      const first = repeats.firsts[repeats.indices[index] as number] as number
      assert.ok(first <= index && Object.is(values[first], each))
    })
    const distinct = new Set(Array.from(values, (each) => (Object.is(each, -0) ? '-0' : String(each))))
    assert.equal(repeats.firsts.length, distinct.size)
  })
  fc.assert(property)
})

t.test('gives up when more than half of the values are distinct', async (t) => {
  const random = makeRandom(7)
  for (const length of [10, 5_000, 100_000]) {
    const values = Float64Array.from({ length }, random)
    t.equal(numbers.find(wordsOf(values), 2, length), undefined)
    values.copyWithin(length / 2, 0)
    t.equal(numbers.find(wordsOf(values), 2, length)?.firsts.length, length / 2, 'repeats that are far apart')
  }
})

t.test('accepts values of one word', async (t) => {
  const repeats = numbers.find(Uint32Array.of(7, 8, 7, 8), 1, 4)
  t.strictSame([...(repeats?.firsts ?? [])], [0, 1])
  t.strictSame([...(repeats?.indices ?? [])], [0, 1, 0, 1])
})
