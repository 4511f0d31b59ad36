/**
 * Parquet files of killed processes are repaired to the records before their last footer.
 */
import t from 'tap'
import { expectRepairs } from '../helpers/killed-writer.ts'

t.test('the repaired file of a killed process has all records before its last footer', async (t) => {
  const { mostFooters } = await expectRepairs(t, 8)
  t.ok(mostFooters >= 3, `${mostFooters} footers in one of the files`)
})
