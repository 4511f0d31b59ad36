/** A thousand random changes of the directories of completed runs. */
import t from 'tap'
import { testManyMutations } from '../helpers/mutation-suite.ts'

t.test('every change is found, or in uncommitted bytes, and has a way out', async (t) => {
  await testManyMutations(t, ['completed', 'resumed'])
})
