import t from 'tap'
import { makeRandom } from '../../benchmarks/random.ts'
import { batches, cycle, makeRecords } from '../../benchmarks/records.ts'
import { median } from '../../benchmarks/statistics.ts'

t.test('the numbers depend only on the seed', async (t) => {
  const [a, b, c] = [makeRandom(7), makeRandom(7), makeRandom(8)]
  const draws = Array.from({ length: 100 }, a)
  t.strictSame(Array.from({ length: 100 }, b), draws)
  t.notSame(Array.from({ length: 100 }, c), draws)
})

t.test('numbers are spread over the unit interval and use all 53 bits', async (t) => {
  const draws = Array.from({ length: 20_000 }, makeRandom(1))
  t.equal(new Set(draws).size, draws.length, 'none repeats')
  t.ok(draws.every((value) => value >= 0 && value < 1))
  for (let bit = 1; bit <= 53; bit++) {
    const set = draws.filter((value) => Math.floor(value * 2 ** bit) % 2 === 1).length / draws.length
    t.ok(Math.abs(set - 0.5) < 0.02, `bit ${bit} is set in half of them`)
  }
})

t.test('records are distinct objects and the same each time', async (t) => {
  const records = makeRecords(2000)
  t.equal(new Set(records).size, 2000)
  t.equal(new Set(records.map(({ container }) => container)).size, 1500)
  t.strictSame(makeRecords(2000), records)
})

t.test('a cycle repeats its pool and stops at its count', async (t) => {
  t.strictSame([...cycle(['a', 'b', 'c'], 7)].join(''), 'abcabca')
  t.strictSame([...cycle(['a', 'b', 'c'], 2)].join(''), 'ab')
  t.strictSame([...cycle(['a', 'b', 'c'], 6)].join(''), 'abcabc')
})

t.test('batches hold the records of a cycle, for any length of the pool', async (t) => {
  t.strictSame(
    Array.from(batches(['a', 'b', 'c'], 7, 2), (batch) => batch.join('')),
    ['ab', 'ca', 'bc', 'a'],
  )
  t.strictSame(
    Array.from(batches(['a', 'b', 'c'], 9, 7), (batch) => batch.join('')),
    ['abcabca', 'bc'],
  )
  t.strictSame([...batches(['a'], 0, 2)], [])
})

t.test('the median is the middle value, or the mean of the two middle values', async (t) => {
  t.equal(median([5, 1, 3]), 3)
  t.equal(median([4, 1, 3, 2]), 2.5)
  t.equal(median([9]), 9)
  t.ok(Number.isNaN(median([])))
})
