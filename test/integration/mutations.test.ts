/** Some of the changes of `test/long/mutations-completed.test.ts` and `test/long/mutations-interrupted.test.ts`. */
import t from 'tap'
import { testMutations } from '../helpers/mutation-suite.ts'

t.test('every change is found, or in uncommitted bytes, and has a way out', async (t) => {
  await testMutations(t, { seed: 1, count: 60 })
})
