/**
 * Two thousand random changes of run directories. `MUTATION_SEED` and `MUTATION_COUNT` repeat some of them: the seed of a
 * change is in its failure.
 */
import t from 'tap'
import { testMutations } from '../helpers/mutation-suite.ts'

t.test('every change is found, or in uncommitted bytes, and has a way out', async (t) => {
  const { MUTATION_SEED, MUTATION_COUNT } = process.env
  const seed = MUTATION_SEED === undefined ? Math.floor(Math.random() * 1e9) : Number(MUTATION_SEED)
  t.comment(`seed ${seed}`)
  await testMutations(t, { seed, count: Number(MUTATION_COUNT ?? 2000) })
})
