/**
 * Fifty processes that are killed while they write Parquet. `test/integration/parquet-kill.test.ts` has only eight.
 */
import t from 'tap'
import { expectRepairs } from '../helpers/killed-writer.ts'

void t.test('the repaired files of killed processes have all records before their last footers', async (t) => {
  const { mostFooters, torn } = await expectRepairs(t, 50)
  t.ok(mostFooters >= 3, `${mostFooters} footers in one of the files`)
  t.ok(torn > 0, `${torn} files did not end with a footer`)
})
