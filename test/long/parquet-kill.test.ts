/**
 * Fifty processes killed while they write Parquet, where `test/integration/parquet-kill.test.ts` has six, of smaller files.
 */
import t from 'tap'
import { expectRepairs } from '../helpers/killed-writer.ts'

void t.test('files of killed processes get back all records before their last footers', async (t) => {
  const { mostFooters, torn } = await expectRepairs(t, 50, 4_000_000)
  t.ok(mostFooters >= 3, `${mostFooters} footers in one of the files`)
  t.ok(torn > 0, `${torn} files did not end with a footer`)
})
