import t from 'tap'
import { readTallies, saveTallies, sumTallies, Tally } from '../../benchmarks/tally.ts'

t.test('a tally depends on the number of values, their order, and their low bits', async (t) => {
  t.strictSame(tallyOf([1.5, -2, 3e12]).contents, tallyOf([1.5, -2, 3e12]).contents)
  const sequences = [[], [0], [0, 0], [1, 2], [2, 1], [1, 2 + 2 ** -20], [-1, 2], [2 ** 33 + 1, 2], [1.5, 2]]
  const contents = sequences.map((figures) => tallyOf(figures).contents)
  t.strictSame(
    contents.map(({ rows }) => rows),
    sequences.map(({ length }) => length),
  )
  t.equal(new Set(contents.map(({ rows, checksum }) => `${rows} ${checksum}`)).size, sequences.length)
})

t.test('the sum of several tallies depends on which tally counted a value', async (t) => {
  const [one, other] = [tallyOf([1, 2]), tallyOf([3])]
  t.equal(sumTallies(one, other).rows, 3)
  t.not(sumTallies(one, other).checksum, sumTallies(other, one).checksum)
})

t.test('a saved tally is read as the output of a run', async (t) => {
  const directory = t.testdir()
  const tallies = [tallyOf([1, 2]), tallyOf([3])]
  await saveTallies(directory, tallies, 17)
  t.strictSame(await readTallies(directory), { ...sumTallies(...tallies), bytes: 17 })
  await saveTallies(directory, tallies)
  t.equal((await readTallies(directory)).bytes, 0)
})

function tallyOf(figures: readonly number[]): Tally {
  const tally = new Tally()
  for (const figure of figures) tally.add(figure)
  return tally
}
