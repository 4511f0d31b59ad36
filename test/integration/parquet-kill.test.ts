/**
 * Parquet files of killed processes are repaired to the records before their last footer.
 */
import t from 'tap'
import { expectRepairs } from '../helpers/killed-writer.ts'

t.test('a file of a killed process gets back all records before its last footer', async (t) => {
  const { mostFooters } = await expectRepairs(t, 6, 1_500_000)
  t.ok(mostFooters >= 3, `${mostFooters} footers in one of the files`)
})
